package strict

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// YAML reads one YAML document into a pointer to a struct. A file that is
// empty, or has nothing but comments, is the zero struct.
func YAML(b []byte, into any) error {
	b, err := readable(b)
	if err != nil {
		return err
	}
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		if at, ok := errors.AsType[yaml.Error](err); ok {
			return &Error{At: place(at.GetToken()), Text: "no YAML: " + at.GetMessage()}
		}
		return &Error{At: At{1, 1}, Text: "no YAML: " + err.Error()}
	}
	var docs []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			if _, comment := doc.Body.(*ast.CommentGroupNode); !comment {
				docs = append(docs, doc.Body)
			}
		}
	}
	switch {
	case len(docs) == 0:
		return nil
	case len(docs) > 1:
		return &Error{At: place(docs[1].GetToken()), Text: "a second document: one is wanted"}
	}
	y := yamlReader{anchors: map[string]*node{}}
	n, err := y.value(docs[0], 0)
	if err != nil {
		return err
	}
	return decode(n, into)
}

func place(t *token.Token) At {
	if t == nil || t.Position == nil {
		return At{1, 1}
	}
	return At{t.Position.Line, t.Position.Column}
}

type yamlReader struct {
	anchors map[string]*node
	aliased int // values, so far
}

func (y *yamlReader) value(from ast.Node, depth int) (*node, error) {
	n := &node{At: place(from.GetToken()), size: 1}
	if depth > maxDepth {
		return nil, &Error{At: n.At, Text: "nested too deeply"}
	}
	switch from := from.(type) {
	case *ast.NullNode:
		n.kind = null
	case *ast.BoolNode:
		n.kind, n.text, n.plain = boolean, from.Token.Value, true
	case *ast.IntegerNode, *ast.FloatNode:
		n.kind, n.text, n.plain = number, from.GetToken().Value, true
	case *ast.InfinityNode, *ast.NanNode:
		n.kind, n.text, n.plain = text, from.GetToken().Value, true
	case *ast.StringNode:
		n.kind, n.text = text, from.Value
	case *ast.LiteralNode:
		n.kind, n.text = text, from.Value.Value
	case *ast.SequenceNode:
		return n, y.list(n, from, depth)
	case *ast.MappingNode:
		return n, y.object(n, from.Values, depth)
	case *ast.MappingValueNode:
		return n, y.object(n, []*ast.MappingValueNode{from}, depth)
	case *ast.AnchorNode:
		named, err := y.value(from.Value, depth+1)
		if err == nil {
			y.anchors[from.Name.GetToken().Value] = named
		}
		return named, err
	case *ast.AliasNode:
		return y.alias(n.At, from.Value.GetToken().Value)
	default:
		return nil, &Error{At: n.At, Text: fmt.Sprintf("%s is of no use here", from.Type())}
	}
	return n, nil
}

// alias is what an anchor before it names.
func (y *yamlReader) alias(at At, name string) (*node, error) {
	named := y.anchors[name]
	if named == nil {
		return nil, &Error{At: at, Text: fmt.Sprintf("no anchor &%s stands before it", name)}
	}
	if y.aliased += named.size; y.aliased > maxAliased {
		return nil, &Error{At: at, Text: fmt.Sprintf("the aliases stand for more than %d values", maxAliased)}
	}
	return named, nil
}

func (y *yamlReader) list(n *node, from *ast.SequenceNode, depth int) error {
	n.kind = list
	for _, item := range from.Values {
		value, err := y.value(item, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, value)
		n.size += value.size
	}
	return nil
}

// object takes an object's members; that none comes twice is the parser's
// business.
func (y *yamlReader) object(n *node, from []*ast.MappingValueNode, depth int) error {
	n.kind = object
	if len(from) > 0 {
		n.At = place(from[0].Key.GetToken())
	}
	for _, m := range from {
		if m.Key.IsMergeKey() {
			return &Error{At: place(m.Key.GetToken()), Text: "merge keys are not taken: write the members out"}
		}
		value, err := y.value(m.Value, depth+1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{place(m.Key.GetToken()), m.Key.GetToken().Value, value})
		n.size += value.size
	}
	return nil
}
