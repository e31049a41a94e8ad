package agentmsg_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

func pageOf(next string, ids ...string) tripFunc {
	items := ""
	for i, id := range ids {
		if i > 0 {
			items += ","
		}
		items += fmt.Sprintf(`{"id":%q}`, id)
	}
	return memorySays(200, nil, fmt.Sprintf(`{"items":[%s],"nextToken":%q}`, items, next))
}

// pagers are the lists, as ids.
var pagers = map[string]struct {
	path string
	op   agentmsg.Op
	all  func(t *testing.T, c *agentmsg.Client, token string, opts ...agentmsg.CallOption) iter.Seq2[string, error]
}{
	"kanbans": {"/kanbans", agentmsg.OpListKanbans, func(t *testing.T, c *agentmsg.Client, token string, opts ...agentmsg.CallOption) iter.Seq2[string, error] {
		return idsOf(c.Kanbans.All(t.Context(), agentmsg.ListKanbansParams{NextToken: token}, opts...), func(k *agentmsg.Kanban) string { return string(k.ID) })
	}},
	"connections": {"/connections", agentmsg.OpListConnections, func(t *testing.T, c *agentmsg.Client, token string, opts ...agentmsg.CallOption) iter.Seq2[string, error] {
		return idsOf(c.Connections.All(t.Context(), agentmsg.ListConnectionsParams{NextToken: token}, opts...), func(k *agentmsg.Connection) string { return k.ID })
	}},
}

func idsOf[T any](seq iter.Seq2[*T, error], id func(*T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for v, err := range seq {
			switch {
			case v == nil && !yield("", err), v != nil && !yield(id(v), err):
				return
			}
		}
	}
}

// collected goes through a list to its end, or to a number of items.
func collected(seq iter.Seq2[string, error], most int) (ids []string, errs []error) {
	for id, err := range seq {
		if err != nil {
			errs = append(errs, err)
			continue // whoever goes on after an error gets nothing more
		}
		if ids = append(ids, id); len(ids) == most {
			break
		}
	}
	return ids, errs
}

func TestPagingAll(t *testing.T) {
	t.Parallel()
	for name, p := range pagers {
		for _, row := range []struct {
			from    string
			most    int
			script  []tripFunc
			ids     []string
			queries []string
		}{
			{"", 0, []tripFunc{pageOf("t+1/=&", "a", "b"), pageOf("2", "c"), pageOf("", "d")}, []string{"a", "b", "c", "d"}, []string{"", "nextToken=t%2B1%2F%3D%26", "nextToken=2"}},
			{"5", 0, []tripFunc{pageOf("6", "a"), pageOf("7"), pageOf("", "b")}, []string{"a", "b"}, []string{"nextToken=5", "nextToken=6", "nextToken=7"}},
			{"", 1, []tripFunc{pageOf("1", "a", "b")}, []string{"a"}, []string{""}}, {"", 2, []tripFunc{pageOf("1", "a", "b")}, []string{"a", "b"}, []string{""}},
			{"", 3, []tripFunc{pageOf("1", "a", "b"), pageOf("2", "c", "d")}, []string{"a", "b", "c"}, []string{"", "nextToken=1"}},
			{"", 0, []tripFunc{memorySays(200, nil, `{"items":null,"nextToken":null}`)}, nil, []string{""}}, {"", 0, []tripFunc{memorySays(200, nil, `{}`)}, nil, []string{""}},
			{"", 0, []tripFunc{memorySays(503, nil, ""), pageOf("", "a")}, []string{"a"}, []string{"", ""}},
		} {
			server, client := served(t, row.script...)
			ids, errs := collected(p.all(t, client, row.from), row.most)
			require.Empty(t, errs, name)
			require.Equal(t, row.ids, ids, name)
			require.Len(t, server.requests, len(row.queries))
			for i, r := range server.requests {
				require.Equal(t, []string{"GET", p.path, row.queries[i]}, []string{r.Method, r.URL.Path, r.URL.RawQuery})
			}
		}
	}
}

func TestPagingStops(t *testing.T) {
	t.Parallel()
	for name, p := range pagers {
		for text, row := range map[string]struct {
			from   string
			script []tripFunc
			ids    []string
		}{
			"404":                       {"", []tripFunc{pageOf("1", "a"), memorySays(404, nil, "none")}, []string{"a"}},
			"is empty":                  {"", []tripFunc{pageOf("1", "a"), memorySays(200, nil, "")}, []string{"a"}},
			"its nextToken is one that": {"", []tripFunc{pageOf("1", "a"), pageOf("2", "b"), pageOf("1", "c")}, []string{"a", "b", "c"}},
			"nextToken":                 {"9", []tripFunc{pageOf("9", "a")}, []string{"a"}},
		} {
			server, client := served(t, row.script...)
			ids, errs := collected(p.all(t, client, row.from), 0)
			require.Equal(t, row.ids, ids, name)
			require.Len(t, errs, 1)
			require.ErrorContains(t, errs[0], text)
			require.ErrorContains(t, errs[0], "GET "+p.path)
			require.Len(t, server.requests, len(row.script))
			if text != "404" {
				require.Equal(t, []any{p.op, agentmsg.OutcomeAccepted}, []any{as[*agentmsg.DecodeError](t, errs[0]).Op, agentmsg.OutcomeOf(errs[0])})
			}
		}
		server, client := served(t)
		_, errs := collected(p.all(t, client, "", agentmsg.WithMaxAttempts(0)), 0)
		require.Len(t, errs, 1)
		requireParam(t, errs[0], p.op, "WithMaxAttempts")
		require.Empty(t, server.requests)
	}
}

// A sequence may be gone through again: it begins where it began.
func TestPagingTwice(t *testing.T) {
	t.Parallel()
	for _, p := range pagers {
		server, client := served(t, pageOf("1", "a"), pageOf("", "b"), pageOf("1", "c"), pageOf("", "d"))
		seq := p.all(t, client, "0")
		for _, want := range [][]string{{"a", "b"}, {"c", "d"}} {
			ids, errs := collected(seq, 0)
			require.Empty(t, errs)
			require.Equal(t, want, ids)
		}
		require.Equal(t, "nextToken=0", server.requests[2].URL.RawQuery)
	}
}

func TestPagingQueries(t *testing.T) {
	t.Parallel()
	server, client := served(t, pageOf("", "k"), pageOf("", "c"))
	_, err := client.Kanbans.List(t.Context(), agentmsg.ListKanbansParams{Limit: 5, NextToken: "a b", Accessible: true})
	require.NoError(t, err)
	require.Equal(t, "accessible=true&limit=5&nextToken=a+b", server.last().URL.RawQuery)
	_, err = client.Connections.List(t.Context(), agentmsg.ListConnectionsParams{Type: "whatsapp_custom_app", Limit: 1, NextToken: "é"})
	require.NoError(t, err)
	require.Equal(t, "limit=1&nextToken=%C3%A9&type=whatsapp_custom_app", server.last().URL.RawQuery)
	_, err = client.Kanbans.List(t.Context(), agentmsg.ListKanbansParams{Limit: -1})
	requireParam(t, err, agentmsg.OpListKanbans, "Limit")
	_, err = client.Connections.List(t.Context(), agentmsg.ListConnectionsParams{Limit: -1})
	requireParam(t, err, agentmsg.OpListConnections, "Limit")
	require.Len(t, server.requests, 2)
}
