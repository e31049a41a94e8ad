//go:build !light

package peers

import (
	"context"
	"net/http"
	"os"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func heavyUploaders() []Uploader {
	return []Uploader{{"openai-go", openAIUpload}, {"anthropic-sdk-go", anthropicUpload}}
}

func openAIUpload(base string, h *http.Client) (Upload, error) {
	client := openai.NewClient(option.WithBaseURL(base+"/v1"), option.WithAPIKey(token), option.WithHTTPClient(h))
	return func(ctx context.Context, path string) error {
		file, err := os.Open(path) //nolint:gosec // a benchmark's own
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		got, err := client.Files.New(ctx, openai.FileNewParams{File: file, Purpose: openai.FilePurposeUserData})
		if err == nil && got.ID == "" {
			err = errNoID
		}
		return err
	}, nil
}

func anthropicUpload(base string, h *http.Client) (Upload, error) {
	client := anthropic.NewClient(anthropicoption.WithBaseURL(base), anthropicoption.WithAPIKey(token), anthropicoption.WithHTTPClient(h))
	return func(ctx context.Context, path string) error {
		file, err := os.Open(path) //nolint:gosec // a benchmark's own
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		got, err := client.Beta.Files.Upload(ctx, anthropic.BetaFileUploadParams{File: file})
		if err == nil && got.ID == "" {
			err = errNoID
		}
		return err
	}, nil
}
