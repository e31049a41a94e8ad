package peers

import (
	"context"
	"io"
	"net/http"
	"os"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/bare"
	"github.com/slack-go/slack"
)

// Upload sends the file at a path.
type Upload func(ctx context.Context, path string) error

// Uploader is a way to upload a file.
type Uploader struct {
	Name string
	New  func(base string, h *http.Client) (Upload, error)
}

// Uploaders are the ways, the floor first and this module second.
func Uploaders() []Uploader {
	return append([]Uploader{
		{"http.Client PUT by hand", putByHand(bare.Put)},
		{"agentmsg", putByAgentmsg},
		{"by hand, without sendfile", putByHand(bare.PutRead)},
		{"slack-go", slackUpload},
	}, heavyUploaders()...)
}

// HandleUploads takes what the uploaders send, and forgets it.
func HandleUploads(mux *http.ServeMux, base string) {
	says := func(pattern, answer string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
		})
	}
	says("PUT /upload", "")
	says("/files.getUploadURLExternal", `{"ok":true,"upload_url":"`+base+`/upload/slack","file_id":"F1"}`)
	says("POST /upload/slack", `{"ok":true}`)
	says("/files.completeUploadExternal", `{"ok":true,"files":[{"id":"F1","title":"video.mp4"}]}`)
	says("POST /v1/files", `{"id":"file-1","object":"file","type":"file","filename":"video.mp4"}`)
}

func putByHand(put func(ctx context.Context, client *http.Client, url, path string) error) func(string, *http.Client) (Upload, error) {
	return func(base string, h *http.Client) (Upload, error) {
		return func(ctx context.Context, path string) error { return put(ctx, h, base+"/upload?sig=x", path) }, nil
	}
}

func putByAgentmsg(base string, h *http.Client) (Upload, error) {
	client, err := agentmsg.NewClient(agentmsg.WithMAIA(token), agentmsg.WithBaseURL(agentmsg.MAIA, base), agentmsg.WithHTTPClient(h))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, path string) error {
		file, err := agentmsg.FileFromPath(path)
		if err != nil {
			return err
		}
		return client.Attachments.Put(ctx, &agentmsg.UploadTicket{
			UploadURL: agentmsg.Secret(base + "/upload?sig=x"), FileKey: "k", ContentType: "video/mp4", Size: file.Size,
		}, file)
	}, nil
}

func slackUpload(base string, h *http.Client) (Upload, error) {
	client := slack.New(token, slack.OptionHTTPClient(h), slack.OptionAPIURL(base+"/"))
	return func(ctx context.Context, path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		_, err = client.UploadFileContext(ctx, slack.UploadFileParameters{File: path, FileSize: int(info.Size()), Filename: "video.mp4", Title: "video.mp4"})
		return err
	}, nil
}
