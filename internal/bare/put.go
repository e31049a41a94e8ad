package bare

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
)

// Put uploads a file on disk. Where the connection has no TLS the kernel copies
// it (sendfile), and this process does not see its bytes.
func Put(ctx context.Context, client *http.Client, url, path string) error {
	return put(ctx, client, url, path, func(file *os.File) io.Reader { return file })
}

// PutRead uploads a file that this process reads, as it has to over TLS.
func PutRead(ctx context.Context, client *http.Client, url, path string) error {
	return put(ctx, client, url, path, func(file *os.File) io.Reader { return struct{ io.Reader }{file} })
}

func put(ctx context.Context, client *http.Client, url, path string, body func(*os.File) io.Reader) error {
	file, err := os.Open(path) //nolint:gosec // a benchmark's own
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, body(file))
	if err != nil {
		return err
	}
	req.ContentLength = info.Size()
	req.Header.Set("Content-Type", "video/mp4")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}
