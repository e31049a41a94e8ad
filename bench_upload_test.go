package agentmsg_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/stretchr/testify/require"
)

// BenchmarkUpload is a PUT of one file on disk over loopback: this module
// beside a plain http.Client, on the same connections.
func BenchmarkUpload(b *testing.B) {
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, _ := io.Copy(io.Discard, r.Body); n != r.ContentLength {
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer storage.Close()
	client, err := agentmsg.NewClient(agentmsg.WithMAIA("test-token"), agentmsg.WithHTTPClient(storage.Client()))
	require.NoError(b, err)
	for _, megabytes := range []int{1, 5, 50} {
		path := filepath.Join(b.TempDir(), "video.mp4")
		require.NoError(b, os.WriteFile(path, append([]byte("\x00\x00\x00\x18ftypisom"), make([]byte, megabytes<<20-12)...), 0o600))
		b.Run(fmt.Sprintf("sdk/%dMB", megabytes), func(b *testing.B) {
			file, err := agentmsg.FileFromPath(path)
			require.NoError(b, err)
			ticket := &agentmsg.UploadTicket{UploadURL: agentmsg.Secret(storage.URL + "/f?sig=x"), FileKey: "k", ContentType: "video/mp4", Size: file.Size}
			b.SetBytes(file.Size)
			b.ReportAllocs()
			for b.Loop() {
				if err := client.Attachments.Put(b.Context(), ticket, file); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("floor/%dMB", megabytes), func(b *testing.B) {
			b.SetBytes(int64(megabytes << 20))
			b.ReportAllocs()
			for b.Loop() {
				if err := bare.Put(b.Context(), storage.Client(), storage.URL+"/f?sig=x", path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
