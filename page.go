package agentmsg

import (
	"errors"
	"iter"
	"net/http"

	"github.com/agentmsg/agentmsg/internal/wire"
	"github.com/google/go-querystring/query"
)

// Page is one part of a list.
//
// Source: MAIA, "Conventions".
type Page[T any] struct {
	Items []T `json:"items"`
	// NextToken asks for the next part; empty: this is the last.
	NextToken string `json:"nextToken"`
}

// listing is a request for one page.
func listing(op wire.Op, limit int, params any) (request, error) {
	if limit < 0 {
		return request{}, invalid(Op(op.Name()), "Limit", "is negative: 0 is the server's own")
	}
	values, err := query.Values(params)
	if err != nil {
		return request{}, invalid(Op(op.Name()), "the params", "cannot be written as a query: "+err.Error())
	}
	return request{op: op, query: values}, nil
}

// all goes through the pages from a token on. It stops at an error, at a token
// that came before, and when its reader does.
func all[T any](op wire.Op, token string, list func(token string) (*Page[T], error)) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		seen := map[string]bool{}
		for next := token; ; {
			page, err := list(next)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Items {
				if !yield(&page.Items[i], nil) {
					return
				}
			}
			seen[next] = true
			if next = page.NextToken; next == "" {
				return
			}
			if seen[next] {
				yield(nil, &DecodeError{
					Op: Op(op.Name()), Status: http.StatusOK, Attempts: 1, Outcome: OutcomeAccepted,
					Err: errors.New("its nextToken is one that came before"), route: op.Route().String(),
				})
				return
			}
		}
	}
}
