package control

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/cmd/agentmsg/internal/strict"
	"github.com/agentmsg/agentmsg/mockserver"
)

const (
	maxBody  = 1 << 20
	maxEvent = 10 << 20 // of emit
)

// read takes the whole body, with a bound.
func (x *call) read(most int64) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, most)) //nolint:forbidigo // bounded
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &failure{status: http.StatusRequestEntityTooLarge, message: "the body is over " + strconv.FormatInt(tooLarge.Limit>>20, 10) + " MiB"}
	}
	if err != nil {
		return nil, &failure{status: http.StatusBadRequest, message: "the body broke off"}
	}
	return b, nil
}

// decode reads a body of JSON, strictly.
func (x *call) decode(into any) error {
	b, err := x.read(maxBody)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(b))) == 0 {
		return bad("", "there is no body: JSON is wanted")
	}
	if err := strict.JSON(b, into); err != nil {
		if wrong, ok := errors.AsType[*strict.Error](err); ok {
			return &failure{status: http.StatusBadRequest, message: wrong.Error(), field: wrong.Path, at: wrong.At}
		}
		return err
	}
	return nil
}

// queries are the known ones that were given, once each.
func (x *call) queries(known ...string) (map[string]string, error) {
	given := map[string]string{}
	for name, values := range x.r.URL.Query() {
		if !slices.Contains(known, name) {
			if len(known) == 0 {
				return nil, bad(name, "no query is taken here")
			}
			return nil, bad(name, "there is no query %s here; known are %s", name, strings.Join(known, ", "))
		}
		if len(values) > 1 {
			return nil, bad(name, "the query %s is given twice", name)
		}
		given[name] = values[0]
	}
	return given, nil
}

// count reads a query that counts something; absent it is 0.
func count(q map[string]string, name string) (int, error) {
	given, ok := q[name]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 0 {
		return 0, bad(name, "%s is %q: a whole number from 0 on is wanted", name, given)
	}
	return n, nil
}

// operation reads the query op; absent it is empty. One that there is not would
// be waited for in vain.
func operation(q map[string]string) (agentmsg.Op, error) {
	op, given := agentmsg.Op(q["op"]), q["op"]
	if given == "" || slices.Contains(Operations(), given) {
		return op, nil
	}
	return "", bad("op", "there is no operation %q; there are %s", given, strings.Join(Operations(), ", "))
}

// Operations are the names of all that there are.
func Operations() []string {
	var all []string
	for f := range mockserver.Matrix() {
		if op := string(f.Op); f.Op != mockserver.OpWebhook && !slices.Contains(all, op) {
			all = append(all, op)
		}
	}
	return append(all, string(agentmsg.OpDo))
}

const (
	usualWait   = 10 * time.Second
	longestWait = 5 * time.Minute
)

// timeout reads the query of that name.
func timeout(q map[string]string) (time.Duration, error) {
	given, ok := q["timeout"]
	if !ok {
		return usualWait, nil
	}
	d, err := time.ParseDuration(given)
	if err != nil || d <= 0 || d > longestWait {
		return 0, bad("timeout", "timeout is %q: a time up to 5m is wanted, like 500ms or 10s", given)
	}
	return d, nil
}
