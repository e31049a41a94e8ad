package agentmsg_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/agentmsg/agentmsg"
)

// storage is MAIA and its storage, as far as the examples need them. It shows
// what each of them gets.
var storage = standIn(func(r *http.Request, body string) (int, string) {
	show(strings.TrimSpace(r.Method + " " + r.URL.Host + r.URL.Path + " " + body))
	if r.URL.Host == "storage.example" {
		show("credential:", r.Header.Get("Authorization") != "", "length:", r.ContentLength)
		return 200, "the file's bytes"
	}
	if r.Method == http.MethodGet {
		return 200, `{"downloadUrl":"https://storage.example/k?signature=s3cr3t","contentType":"text/plain","size":16}`
	}
	return 200, `{"uploadUrl":"https://storage.example/k?signature=s3cr3t","fileKey":"attachments/acc/k","sessionId":"s1","userMessage":{"id":"m1"}}`
})

// An upload, then the message that refers to it; without words it may be a
// voice note. The file goes to the storage without the credential, and never
// chunked: the storage refuses both.
func ExampleAttachmentsService_Upload() {
	ctx, client := context.Background(), storage.client()
	attachment, err := client.Attachments.Upload(ctx, agentmsg.FileFromBytes("list.txt", []byte("milk, bread")))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Messages.Send(ctx, agentmsg.SendMessageParams{
		Channel: agentmsg.APIChannel("support"), Attachments: []agentmsg.Attachment{*attachment},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// POST api.maiacompany.io/messages/upload {"fileName":"list.txt","contentType":"text/plain","size":11}
	// PUT storage.example/k milk, bread
	// credential: false length: 11
	// POST api.maiacompany.io/messages {"fromChannelIdentifier":"support","channelType":"api","content":"","attachments":[{"fileKey":"attachments/acc/k","fileName":"list.txt","contentType":"text/plain","size":11}]}
}

// The two steps apart, where one process asks and another one sends. Who has
// the ticket needs no credential; its URL is in no text.
func ExampleAttachmentsService_Put() {
	ctx, client := context.Background(), storage.client()
	ticket, err := client.Attachments.RequestUpload(ctx, agentmsg.RequestUploadParams{FileName: "list.txt", Size: 11})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ticket.UploadURL, ticket.ContentType, ticket.Size)
	err = client.Attachments.Put(ctx, ticket, agentmsg.FileFromBytes("list.txt", []byte("milk, bread")))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// POST api.maiacompany.io/messages/upload {"fileName":"list.txt","contentType":"text/plain","size":11}
	// REDACTED text/plain 11
	// PUT storage.example/k milk, bread
	// credential: false length: 11
}

// What is wrong with a file is told before anything is sent.
func ExampleAttachmentsService_RequestUpload() {
	ctx, client := context.Background(), storage.client()
	for _, p := range []agentmsg.RequestUploadParams{
		{FileName: "uploads/photo.jpg", Size: 1 << 20},
		{FileName: "photo.jpg"},
		{FileName: "photo.jpg", Size: 10<<20 + 1},
	} {
		_, err := client.Attachments.RequestUpload(ctx, p)
		fmt.Println(err)
	}
	// Output:
	// agentmsg: Attachments.RequestUpload: FileName "uploads/photo.jpg" is a path: give the last element alone
	// agentmsg: Attachments.RequestUpload: Size is 0: a file must have at least one byte
	// agentmsg: Attachments.RequestUpload: Size is 10.0 MB (10485761 bytes), over the limit of 10.0 MB (10485760 bytes) for an image: give a smaller file
}

// The bytes say what a file is, not its name. An iPhone's photo that was only
// renamed would reach the customer as a picture that does not open: it is
// refused before anything is sent.
func ExampleFileFromBytes() {
	ctx, client := context.Background(), storage.client()
	pdf, heic := []byte("%PDF-1.7"), []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")

	attachment, err := client.Attachments.Upload(ctx, agentmsg.FileFromBytes("invoice.jpg", pdf))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(attachment.ContentType)
	_, err = client.Attachments.Upload(ctx, agentmsg.FileFromBytes("photo.jpg", heic))
	wrong, _ := errors.AsType[*agentmsg.ParamError](err)
	fmt.Println(wrong.Param, agentmsg.OutcomeOf(err))
	// Output:
	// POST api.maiacompany.io/messages/upload {"fileName":"invoice.jpg","contentType":"application/pdf","size":8}
	// PUT storage.example/k %PDF-1.7
	// credential: false length: 8
	// application/pdf
	// ContentType NotSent
}

// A reader can be read once, so its file is sent at most once; its size must be
// known, since the storage takes nothing chunked. A file that turns out longer
// or shorter than announced is an error that names both sizes, and never one
// that was cut.
func ExampleFileFromReader() {
	ctx, client := context.Background(), storage.client()
	_, err := client.Attachments.Upload(ctx, agentmsg.FileFromReader("list.csv", 9, strings.NewReader("a,b\nc,d\n")))
	failure, _ := errors.AsType[*agentmsg.TransportError](err)
	fmt.Println(failure.Op, failure.Attempts)
	fmt.Println(failure.Err)
	// Output:
	// POST api.maiacompany.io/messages/upload {"fileName":"list.csv","contentType":"text/csv","size":9}
	// Attachments.Put 1
	// the file is shorter than declared: 9 bytes were announced, and there are 8
}

// Progress is told on the goroutine that sends, and begins at 0 again with each
// attempt.
func ExampleWithProgress() {
	quiet := standIn(func(*http.Request, string) (int, string) {
		return 200, `{"uploadUrl":"https://storage.example/k","fileKey":"k"}`
	}).client()
	_, err := quiet.Attachments.Upload(context.Background(), agentmsg.FileFromBytes("list.txt", []byte("milk, bread")),
		agentmsg.WithProgress(func(sent, total int64) { fmt.Println(sent, "of", total) }))
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0 of 11
	// 11 of 11
}

// Download asks for the URL and follows it. It has no bound of its own: where
// the size is not yours to choose, give a writer that has one.
func ExampleAttachmentsService_Download() {
	var file strings.Builder
	n, err := storage.client().Attachments.Download(context.Background(), "attachments/acc/k", &file)
	fmt.Println(n, err, file.String())
	// Output:
	// GET api.maiacompany.io/attachments/attachments/acc/k
	// GET storage.example/k
	// credential: false length: 0
	// 16 <nil> the file's bytes
}

// The URL alone, for a browser that gets the file itself: whoever has it may
// read the file for an hour, so it is a secret and has to be asked for.
func ExampleAttachmentsService_DownloadURL() {
	ticket, err := storage.client().Attachments.DownloadURL(context.Background(), "attachments/acc/k")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ticket.DownloadURL)
	fmt.Println(string(ticket.DownloadURL))
	// Output:
	// GET api.maiacompany.io/attachments/attachments/acc/k
	// REDACTED
	// https://storage.example/k?signature=s3cr3t
}
