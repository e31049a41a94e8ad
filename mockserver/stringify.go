package mockserver

import (
	"bytes"
	"encoding/json"
)

// stringify writes v as JSON.stringify does: compact, with <, >, &, U+2028 and
// U+2029 as they are. encoding/json escapes the five, and methods of the value
// may have done so before an Encoder's SetEscapeHTML is heard.
func stringify(v any) []byte {
	escaped, err := json.Marshal(v)
	if err != nil {
		panic("mockserver: an answer that is no JSON: " + err.Error()) // all of them are types of ours
	}
	plain, rest := escaped[:0], escaped
	for {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return append(plain, rest...)
		}
		plain, rest = append(plain, rest[:i]...), rest[i:]
		if literal, ok := unescaped[string(rest[:min(6, len(rest))])]; ok {
			plain, rest = append(plain, literal...), rest[6:]
			continue
		}
		plain, rest = append(plain, rest[:2]...), rest[2:]
	}
}

// unescaped is never written to.
var unescaped = map[string]string{`\u003c`: "<", `\u003e`: ">", `\u0026`: "&", `\u2028`: "\u2028", `\u2029`: "\u2029"}
