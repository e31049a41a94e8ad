package bare

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
)

// Put uploads a file on disk.
func Put(ctx context.Context, client *http.Client, url, path string) error {
	file, err := os.Open(path) //nolint:gosec // a benchmark's own
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // net/http closes it too, once it has the request
	info, err := file.Stat()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, file)
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
