package mockserver

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/agentmsg/agentmsg"
)

// queries are the request's, of which each must be documented and given once.
// Ours: what the vendor does with another is not known.
func (x *exchange) queries(documented ...string) (map[string]string, error) {
	given, err := url.ParseQuery(x.r.URL.RawQuery)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query cannot be read")
	}
	q := map[string]string{}
	for name, values := range given {
		switch {
		case !slices.Contains(documented, name):
			return nil, refuse(http.StatusBadRequest, "query "+strconv.Quote(name)+" is not documented")
		case len(values) > 1:
			return nil, refuse(http.StatusBadRequest, "query "+strconv.Quote(name)+" is given twice")
		}
		q[name] = values[0]
	}
	return q, nil
}

// pageBody is agentmsg.Page as the vendor writes it: the last has no token.
type pageBody[T any] struct {
	agentmsg.Page[T]
	NextToken string `json:"nextToken,omitempty"`
}

const defaultLimit = 50 // ours

// page is the part of a list that limit and nextToken ask for. A token is for
// the list that it came with.
func page[T any](of string, items []T, q map[string]string) (result, error) {
	limit := defaultLimit
	if text, given := q["limit"]; given {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return result{}, refuse(http.StatusBadRequest, "limit must be a number from 1")
		}
		limit = n
	}
	begin := 0
	if token, given := q["nextToken"]; given {
		begin = readToken(token, of)
		if begin < 1 || begin >= len(items) {
			return result{}, refuse(http.StatusBadRequest, "nextToken is not one that this list gave")
		}
	}
	part := pageBody[T]{Page: agentmsg.Page[T]{Items: list(items[begin:])}}
	if limit < len(part.Items) {
		part.Items = part.Items[:limit]
		part.NextToken = writeToken(of, begin+limit)
	}
	return result{http.StatusOK, part}, nil
}

func writeToken(of string, at int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(at) + " " + of))
}

// readToken is where a page begins; 0: the token is none of this list.
func readToken(token, of string) int {
	text, err := base64.RawURLEncoding.DecodeString(token)
	at, name, _ := strings.Cut(string(text), " ")
	n, numberErr := strconv.Atoi(at)
	if err != nil || numberErr != nil || name != of {
		return 0
	}
	return n
}
