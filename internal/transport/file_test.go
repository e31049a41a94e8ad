package transport

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func sourceOf(content string, size int64) *Source {
	return &Source{Size: size, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// However it is read, a file of the right size comes whole, and of one that is
// too long the last announced byte never does.
func TestUploadRead(t *testing.T) {
	t.Parallel()
	for name, slowly := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "by bytes": iotest.OneByteReader, "by halves": iotest.HalfReader, "with the end": iotest.DataErrReader,
	} {
		for content, more := range map[string]bool{"hello": false, "hello!": true, "hello, world": true} {
			source := &Source{Size: 5, Open: func() (io.ReadCloser, error) { return io.NopCloser(slowly(strings.NewReader(content))), nil }}
			u := newUpload(t.Context(), source)
			got, err := io.ReadAll(u)
			if !more {
				require.NoError(t, err, name)
				require.Equal(t, "hello", string(got))
				require.Nil(t, u.failure())
			} else {
				require.Less(t, len(got), 5, name)
				require.Equal(t, &SourceError{Declared: 5, Got: 5, More: true}, u.failure())
			}
			require.NoError(t, u.Close())
		}
	}
}

// After Close nothing is opened, read, told or blamed; an end of the context
// closes too.
func TestUploadAfterClose(t *testing.T) {
	t.Parallel()
	u := newUpload(t.Context(), sourceOf("hello", 5))
	require.NoError(t, u.Close())
	require.NoError(t, u.Close())
	_, err := u.Read(make([]byte, 9))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.False(t, u.source.spent.Load(), "opened")

	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	var told []int64
	u = newUpload(ctx, &Source{Size: 5, Open: func() (io.ReadCloser, error) { return r, nil }, Progress: func(sent, _ int64) {
		if told = append(told, sent); sent == 2 {
			cancel()
		}
	}})
	go func() { _, _ = io.WriteString(w, "he") }()
	got, err := io.ReadAll(u)
	require.Equal(t, "he", string(got))
	require.Error(t, err)
	require.Nil(t, u.failure(), "what a closed file says is not its failure")
	require.Equal(t, []int64{0, 2}, told)
}

func TestSourceOnce(t *testing.T) {
	t.Parallel()
	source := sourceOf("hello", 5)
	c := &Call{Source: source}
	c.upload = newUpload(t.Context(), source)
	source.Once = true
	require.False(t, source.Spent())
	again, err := c.reopenSource(t.Context())
	require.NoError(t, err)
	_, err = io.ReadAll(again)
	require.NoError(t, err)
	require.True(t, source.Spent() && c.onceOnly())
	_, err = c.reopenSource(t.Context())
	require.ErrorIs(t, err, errSpent)
}

func TestSourceError(t *testing.T) {
	t.Parallel()
	disk := errors.New("disk")
	for text, e := range map[string]*SourceError{
		"the file is shorter than declared: 5 bytes were announced, and there are 3":         {Declared: 5, Got: 3},
		"the file is longer than declared: 5 bytes were announced, and there are at least 6": {Declared: 5, Got: 5, More: true},
		"the file failed after 3 of 5 bytes: disk":                                           {Declared: 5, Got: 3, Err: disk},
	} {
		require.EqualError(t, e, text)
		require.Equal(t, e.Err != nil, errors.Is(e, disk))
	}
}

// Final ends a call whatever the status would allow.
func TestFinalIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 408, 425, 429, 500, 503} {
		again, o := Rule{Repeatable: true}.decide(seen{fate: answered, status: status, verdict: Final})
		_, plain := Rule{Repeatable: true}.decide(seen{fate: answered, status: status})
		require.False(t, again, status)
		require.Equal(t, plain, o, status)
	}
}
