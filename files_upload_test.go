package agentmsg_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// Both steps as they stand on the wire.
func TestUploadOnTheWire(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		file     agentmsg.File
		announce string
		typ      string
	}{
		{agentmsg.FileFromBytes("nota \"1\" é.opus", []byte(mediaContent)), `{"fileName":"nota \"1\" é.opus","contentType":"audio/ogg; codecs=opus","size":1624}`, "audio/ogg; codecs=opus"},
		{counted(fileContent).file(len(fileContent)), `{"fileName":"a.txt","contentType":"text/plain","size":327680}`, "text/plain"},
		{agentmsg.FileFromReader("x.mp4", 1, strings.NewReader("x")), `{"fileName":"x.mp4","contentType":"video/mp4","size":1}`, "video/mp4"},
		{agentmsg.File{Name: "x", ContentType: "Application/X-Odd;a=\"b c\"", Size: 1, Open: counted("y").file(1).Open}, `{"fileName":"x","contentType":"Application/X-Odd;a=\"b c\"","size":1}`, "Application/X-Odd;a=\"b c\""},
	} {
		row.announce = strings.Replace(row.announce, "1624", quotedSize(len(mediaContent)), 1)
		api := newFileAPI(t)
		got, err := api.client.Attachments.Upload(t.Context(), row.file)
		require.NoError(t, err)
		require.Equal(t, &agentmsg.Attachment{FileKey: "k/1", FileName: row.file.Name, ContentType: row.typ, Size: row.file.Size}, got)
		require.Equal(t, [2]int{1, 1}, [2]int{api.maia.Seen(), api.storage.Seen()})

		first := api.maia.Request(0)
		require.Equal(t, "POST /messages/upload", first.Method+" "+first.RequestURI)
		require.JSONEq(t, row.announce, bodyOf(t, first))
		require.Equal(t, "Bearer "+secretToken, first.Header.Get("Authorization"))

		second := api.storage.Request(0)
		require.Equal(t, "PUT "+presignedTarget, second.Method+" "+second.RequestURI)
		require.Equal(t, strings.TrimPrefix(api.storage.URL(), "http://"), second.Host)
		require.Empty(t, second.TransferEncoding)
		require.Equal(t, row.file.Size, second.ContentLength)
		require.Equal(t, http.Header{"Content-Type": {row.typ}, "Content-Length": {quotedSize(int(row.file.Size))}, "Accept-Encoding": {"identity"}}, second.Header)
		require.Len(t, bodyOf(t, second), int(row.file.Size))
	}
}

// The signature is made over the target: not one byte of it changes.
func TestUploadTargetByteForByte(t *testing.T) {
	t.Parallel()
	api := newFileAPI(t)
	for target, want := range map[string]string{
		"/b/k%2fx%2Fy%3a?X-Amz-Signature=ab%2fcd%2F": "", "/a+b;c=1,2?a=+&b=;c&d": "", "//b//k//?x=1": "", "/k?": "", "/k?a=&b=&=c&&": "", "/%7e~!$&'()*+,;=:@?/?:@!$'()*,": "",
		"/b/../c/./d": "", "/k%20%41%c3%a9?x=%41%e9": "", "/é/字?é=字": "", "/a|b^c`d\"e<f>{}?q=|^`\"<>{}": "", "/k?a=1#part": "/k?a=1", "": "/", "?sig=1": "/?sig=1", "/%2f%2F": "", "/k?x=%%%zz": "",
	} {
		if want == "" {
			want = target
		}
		api.target = target
		require.NoError(t, api.client.Attachments.Put(t.Context(), api.putTicket(1), agentmsg.FileFromBytes("a", []byte("x"))), target)
		require.Equal(t, want, api.storage.Request(api.storage.Seen()-1).RequestURI)
	}
}

// What Put can know to be wrong before the network.
func TestPutBadParams(t *testing.T) {
	t.Parallel()
	api := newFileAPI(t)
	one := agentmsg.FileFromBytes("a", []byte("x"))
	ticket := func(change func(*agentmsg.UploadTicket)) *agentmsg.UploadTicket {
		return ptrTo(with(*api.putTicket(1), change))
	}
	for name, row := range map[string]struct {
		ticket *agentmsg.UploadTicket
		file   agentmsg.File
		param  string
		wayOut string
		opts   []agentmsg.CallOption
	}{
		"no ticket":      {nil, one, "the ticket", "RequestUpload gives one", nil},
		"no type":        {ticket(func(t *agentmsg.UploadTicket) { t.ContentType = "" }), one, "the ticket", "give what the upload was requested with", nil},
		"no size":        {ticket(func(t *agentmsg.UploadTicket) { t.Size = 0 }), one, "the ticket", "give what the upload was requested with", nil},
		"a CR LF type":   {ticket(func(t *agentmsg.UploadTicket) { t.ContentType = "a/b\r\nX: y" }), one, "the ticket", "give what the upload was requested with", nil},
		"another size":   {api.putTicket(2), one, "Size", "is 1 bytes and the ticket is for 2", nil},
		"no Open":        {api.putTicket(1), agentmsg.File{Name: "a", Size: 1}, "Open", "make the file with", nil},
		"a key":          {api.putTicket(1), one, "WithIdempotencyKey", "leave it out", []agentmsg.CallOption{agentmsg.WithIdempotencyKey("k")}},
		"a key's header": {api.putTicket(1), one, "WithIdempotencyKey", "leave it out", []agentmsg.CallOption{agentmsg.WithHeader("x-idempotency-key", "k")}},
		"a field":        {api.putTicket(1), one, "WithField", "has no body", []agentmsg.CallOption{agentmsg.WithField("a", 1)}},
		"no URL":         {ticket(func(t *agentmsg.UploadTicket) { t.UploadURL = "" }), one, "UploadURL", "as MAIA returned it", nil},
		"a path":         {ticket(func(t *agentmsg.UploadTicket) { t.UploadURL = "/k?sig=s3cr3t" }), one, "UploadURL", "as MAIA returned it", nil},
		"another kind":   {ticket(func(t *agentmsg.UploadTicket) { t.UploadURL = "ftp://s/k?sig=s3cr3t" }), one, "UploadURL", "as MAIA returned it", nil},
		"a blank":        {ticket(func(t *agentmsg.UploadTicket) { t.UploadURL = "http://s/k?sig=s3cr3t b" }), one, "UploadURL", "as MAIA returned it", nil},
		"a line break":   {ticket(func(t *agentmsg.UploadTicket) { t.UploadURL = "http://s/k?sig=s3cr3t\n" }), one, "UploadURL", "as MAIA returned it", nil},
		"a user":         {ticket(func(t *agentmsg.UploadTicket) { t.UploadURL = "http://u:s3cr3t@s/k" }), one, "UploadURL", "as MAIA returned it", nil},
	} {
		err := api.client.Attachments.Put(t.Context(), row.ticket, row.file, row.opts...)
		require.Error(t, err, name)
		requireParamError(t, err, agentmsg.OpPut, row.param, row.wayOut, agentmsg.ErrInvalidParam)
		requireNoSecret(t, err)
	}
	require.Zero(t, api.storage.Seen())
}

func ptrTo[T any](v T) *T { return &v }

// A file that cannot be announced costs no request, not even the first.
func TestUploadBadParams(t *testing.T) {
	t.Parallel()
	api := newFileAPI(t)
	for param, row := range map[string]struct {
		op   agentmsg.Op
		file agentmsg.File
	}{
		"Open":        {agentmsg.OpPut, agentmsg.File{Name: "a.txt", Size: 1}},
		"FileName":    {agentmsg.OpRequestUpload, agentmsg.FileFromBytes("a/b.txt", []byte("x"))},
		"Size":        {agentmsg.OpRequestUpload, agentmsg.FileFromBytes("a.txt", nil)},
		"ContentType": {agentmsg.OpRequestUpload, agentmsg.FileFromBytes("a.bin", []byte("\x00\x01"))},
	} {
		_, err := api.client.Attachments.Upload(t.Context(), row.file)
		require.Equal(t, []any{row.op, param}, []any{as[*agentmsg.ParamError](t, err).Op, as[*agentmsg.ParamError](t, err).Param})
	}
	require.Zero(t, api.maia.Seen()+api.storage.Seen())
}

// Headers, keys and members are for MAIA; of Put headers are for the storage.
func TestUploadOptionsGoToMAIA(t *testing.T) {
	t.Parallel()
	api := newFileAPI(t)
	var last agentmsg.Response
	opts := []agentmsg.CallOption{agentmsg.WithHeader("X-Trace", "7"), agentmsg.WithIdempotencyKey("key"), agentmsg.WithField("extra", true), agentmsg.WithResponse(&last)}
	_, err := api.client.Attachments.Upload(t.Context(), counted("x").file(1), opts...)
	require.NoError(t, err)
	first, second := api.maia.Request(0), api.storage.Request(0)
	require.Equal(t, []string{"7", "key"}, []string{first.Header.Get("X-Trace"), first.Header.Get("X-Idempotency-Key")})
	require.JSONEq(t, `{"fileName":"a.txt","contentType":"text/plain","size":1,"extra":true}`, bodyOf(t, first))
	require.Empty(t, second.Header.Get("X-Trace")+second.Header.Get("X-Idempotency-Key"))
	require.Equal(t, []any{peer.Good, ""}, []any{string(last.Body), last.IdempotencyKey}, "of the storage")

	require.NoError(t, api.client.Attachments.Put(t.Context(), api.putTicket(1), counted("x").file(1), agentmsg.WithHeader("X-Amz-Meta-A", "b")))
	require.Equal(t, "b", api.storage.Request(1).Header.Get("X-Amz-Meta-A"))
}

// 0 first, upwards, all of it at last; and anew on each attempt.
func TestUploadProgress(t *testing.T) {
	t.Parallel()
	slow := storageSays(503, "SlowDown", "Please reduce your request rate.")
	for attempts, script := range [][]peer.Act{1: nil, 2: {slow}, 3: {slow, slow}} {
		if attempts == 0 {
			continue
		}
		api, runs := newFileAPI(t, script...), [][]int64{}
		_, err := api.client.Attachments.Upload(t.Context(), counted(fileContent).file(len(fileContent)), agentmsg.WithProgress(func(sent, total int64) {
			require.EqualValues(t, len(fileContent), total)
			if sent == 0 {
				runs = append(runs, nil)
			}
			runs[len(runs)-1] = append(runs[len(runs)-1], sent)
		}))
		require.NoError(t, err)
		require.Len(t, runs, attempts)
		for _, run := range runs {
			require.Greater(t, len(run), 2)
			require.IsIncreasing(t, run)
			require.EqualValues(t, len(fileContent), run[len(run)-1])
		}
	}
}

// 30 s and a second for each 256 KiB, unless somebody says otherwise.
func TestPutTimeoutBySize(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		for _, row := range []struct {
			size int64
			want time.Duration
			opts []agentmsg.CallOption
			of   []agentmsg.Option
		}{
			{1, 30 * time.Second, nil, nil}, {256 << 10, 31 * time.Second, nil, nil}, {50 << 20, 230 * time.Second, nil, nil},
			{50 << 20, 5 * time.Second, []agentmsg.CallOption{agentmsg.WithAttemptTimeout(5 * time.Second)}, nil}, {1, time.Hour, []agentmsg.CallOption{agentmsg.WithAttemptTimeout(time.Hour)}, nil},
			{50 << 20, 7 * time.Second, nil, []agentmsg.Option{policy(agentmsg.RetryPolicy{AttemptTimeout: 7 * time.Second})}},
		} {
			began := time.Now()
			client := retrying(t, inMemoryOf(), append(row.of, agentmsg.WithHTTPClient(&http.Client{Transport: tripFunc(memoryHangs)}))...)
			ticket := &agentmsg.UploadTicket{UploadURL: "http://s.test/k?sig=s3cr3t", ContentType: "a/b", Size: row.size}
			err := client.Attachments.Put(t.Context(), ticket, agentmsg.File{Size: row.size, Open: counted("").file(0).Open}, append(row.opts, agentmsg.WithMaxAttempts(1))...)
			require.Equal(t, row.want, time.Since(began))
			require.ErrorIs(t, as[*agentmsg.TransportError](t, err), agentmsg.ErrAttemptTimeout)
		}
	})
}

// A file that does not open holds up nothing: the call ends with its context,
// and what opens after that is closed and not read.
func TestUploadOpenThatHangs(t *testing.T) {
	t.Parallel()
	api, opened, late := newFileAPI(t), make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	file := agentmsg.File{Name: "a.txt", Size: 1, Open: func() (io.ReadCloser, error) {
		cancel()
		<-opened
		return lateContent{late}, nil
	}}
	_, err := api.client.Attachments.Upload(ctx, file)
	requireEnded(t, err, context.Canceled, agentmsg.OutcomeUnknown, context.Canceled)
	close(opened)
	require.NoError(t, <-late)
}

type lateContent struct{ closed chan error }

func (lateContent) Read([]byte) (int, error) { panic("read after the attempt") }
func (c lateContent) Close() error           { c.closed <- nil; return nil }

// The caller's end is the caller's, though the file notices it first.
func TestUploadCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		stop := func(r *http.Request) (*http.Response, error) {
			time.AfterFunc(time.Second, cancel)
			_, err := io.Copy(io.Discard, r.Body)
			return nil, err
		}
		c := &countedFile{open: func(int) (io.Reader, error) { return hangingBody{ctx}, nil }}
		client := retrying(t, inMemoryOf(), agentmsg.WithHTTPClient(&http.Client{Transport: tripFunc(stop)}))
		ticket := &agentmsg.UploadTicket{UploadURL: "http://s.test/k", ContentType: "a/b", Size: 5}
		err := client.Attachments.Put(ctx, ticket, c.file(5))
		requireEnded(t, err, context.Canceled, agentmsg.OutcomeUnknown, context.Canceled)
		c.requireCounts(t, 1, 1)
	})
}
