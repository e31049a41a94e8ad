package mockserver

import "encoding/json"

// stringify writes v as JSON.stringify does: compact, with <, >, &, U+2028 and
// U+2029 as they are. encoding/json escapes the five, and methods of the value
// may have done so before an Encoder's SetEscapeHTML is heard.
func stringify(v any) []byte {
	escaped, err := json.Marshal(v)
	if err != nil {
		panic("mockserver: an answer that is no JSON: " + err.Error()) // all of them are types of ours
	}
	plain := escaped[:0]
	for i := 0; i < len(escaped); {
		if escaped[i] != '\\' {
			plain = append(plain, escaped[i])
			i++
			continue
		}
		if literal, ok := unescaped[string(escaped[i:min(i+6, len(escaped))])]; ok {
			plain = append(plain, literal...)
			i += 6
			continue
		}
		plain = append(plain, escaped[i], escaped[i+1])
		i += 2
	}
	return plain
}

// unescaped is never written to.
var unescaped = map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&", `\u2028`: "\u2028", `\u2029`: "\u2029"}
