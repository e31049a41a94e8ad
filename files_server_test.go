package agentmsg_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// fileAPI is MAIA and a storage, each on a socket of its own. MAIA gives a
// ticket for each request; the storage has the script.
type fileAPI struct {
	maia, storage *peer.Server
	client        *agentmsg.Client
	target        string // of the presigned URLs
}

// presignedTarget has what S3's have, and everyday words.
const presignedTarget = "/bucket/key%20a?X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Credential=s3cr3t%2Fus&X-Amz-Signature=s3cr3t"

func newFileAPI(t *testing.T, script ...peer.Act) *fileAPI {
	t.Helper()
	return fileAPIBehind(t, peer.New(t, script...))
}

func fileAPIBehind(t *testing.T, storage *peer.Server) *fileAPI {
	t.Helper()
	a := &fileAPI{storage: storage, target: presignedTarget}
	a.maia = peer.New(t, slices.Repeat([]peer.Act{a.ticket}, 20)...)
	a.client = faultClient(t, a.maia.URL())
	return a
}

func (a *fileAPI) ticket(c net.Conn, r *http.Request) bool {
	body := fmt.Sprintf(`{"uploadUrl":%q,"downloadUrl":%[1]q,"fileKey":"k/%d","expiresAt":1795608060000}`, a.storage.URL()+a.target, a.maia.Seen())
	return peer.Answers(http.StatusOK, "", body)(c, r)
}

// putTicket is what a user's own ticket may say.
func (a *fileAPI) putTicket(size int) *agentmsg.UploadTicket {
	return &agentmsg.UploadTicket{UploadURL: agentmsg.Secret(a.storage.URL() + a.target), FileKey: "k", ContentType: "text/plain", Size: int64(size)}
}

func bodyOf(t *testing.T, r *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(body)
}

// fileContent is more than the buffers between a file and a socket.
var fileContent = strings.Repeat("0123456789abcdef", 20<<10)

// countedFile counts its opens and closes.
type countedFile struct {
	mu            sync.Mutex
	opens, closes int
	open          func(nth int) (io.Reader, error)
}

func counted(content string) *countedFile {
	return &countedFile{open: func(int) (io.Reader, error) { return strings.NewReader(content), nil }}
}

func (c *countedFile) file(size int) agentmsg.File {
	return agentmsg.File{Name: "a.txt", Size: int64(size), Open: func() (io.ReadCloser, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.opens++
		r, err := c.open(c.opens)
		if err != nil {
			return nil, err
		}
		return &countedContent{r, c, sync.Once{}}, nil
	}}
}

// requireCounts: so many opens, each closed once by the time the call is over.
func (c *countedFile) requireCounts(t *testing.T, opens, closes int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Equal(t, [2]int{opens, closes}, [2]int{c.opens, c.closes}, "opens and closes")
}

type countedContent struct {
	io.Reader
	of   *countedFile
	once sync.Once
}

func (c *countedContent) Close() error {
	c.of.mu.Lock()
	c.of.closes++
	c.of.mu.Unlock()
	if closer, ok := c.Reader.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// storageSays is a storage's XML, with what S3 repeats of the request.
func storageSays(status int, code, message string) peer.Act {
	xml := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code><Message>" + message + "</Message>" +
		"<SignatureProvided>" + secretWord + "</SignatureProvided><StringToSign>AWS4 top-string</StringToSign><RequestId>R</RequestId></Error>"
	return peer.Answers(status, "Content-Type: application/xml\r\nX-Amz-Request-Id: R7\r\n", xml)
}

// requireSource is what every file that cannot be sent as announced ends in.
func requireSource(t *testing.T, err error, texts ...string) {
	t.Helper()
	e := as[*agentmsg.TransportError](t, err)
	require.Equal(t, []any{agentmsg.OpPut, 1, 0}, []any{e.Op, e.Attempts, e.Status}, "%v", err)
	require.False(t, agentmsg.Temporary(err))
	for _, text := range texts {
		require.ErrorContains(t, err, text)
	}
}

// noise is a file of any size that is nowhere in memory.
type noise struct{ left int }

func (n *noise) Read(p []byte) (int, error) {
	if n.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(len(p), n.left)]
	n.left -= len(p)
	if len(p) > 0 {
		p[0] = byte(n.left)
	}
	return len(p), nil
}

func quotedSize(n int) string { return strconv.Itoa(n) }

// gzipped begins as gzip does; nobody is to unpack it.
var gzipped = string(append([]byte{0x1f, 0x8b, 8, 0}, bytes.Repeat([]byte("packed"), 9)...))
