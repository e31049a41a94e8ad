package conformance

import (
	"bytes"
	"strings"
	"time"

	"github.com/agentmsg/agentmsg"
)

// fileText is what the suite uploads.
const fileText = "A file of the conformance suite.\n"

var attachmentTests = []test{
	{"Attachments.Upload, Messages.Send and Download", func(c *check) {
		file, err := c.client.Attachments.Upload(c.Context(), agentmsg.FileFromBytes("conformance.txt", []byte(fileText)))
		c.works(err)
		is(c, "size", int64(len(fileText)), file.Size)
		receipt, err := c.client.Messages.Send(c.Context(), agentmsg.SendMessageParams{
			Channel: c.channel(), SessionID: agentmsg.SessionID(unique()), Attachments: []agentmsg.Attachment{*file},
		}, c.seen())
		c.works(err) // no words beside a file: a voice note
		is(c, "status", 202, c.last.Status)
		is(c, "userMessage.content", "", receipt.UserMessage.Content)
		var got bytes.Buffer
		n, err := c.client.Attachments.Download(c.Context(), file.FileKey, &got)
		c.works(err)
		is(c, "bytes", int64(len(fileText)), n)
		is(c, "content", fileText, got.String())
	}},
	{"Attachments.RequestUpload", func(c *check) {
		ticket, err := c.client.Attachments.RequestUpload(c.Context(), agentmsg.RequestUploadParams{FileName: "photo.jpg", ContentType: "image/jpeg", Size: 1024})
		c.works(err)
		c.holds("a key begins with attachments/", strings.HasPrefix(ticket.FileKey, "attachments/"))
		c.holds("expiresAt is in the future", ticket.ExpiresAt.After(time.Now()))
	}},
	{"Attachments.Put and DownloadURL", func(c *check) {
		file := agentmsg.FileFromBytes("conformance.txt", []byte(fileText))
		ticket, err := c.client.Attachments.RequestUpload(c.Context(), agentmsg.RequestUploadParams{FileName: file.Name, ContentType: "text/plain", Size: file.Size})
		c.works(err)
		c.works(c.client.Attachments.Put(c.Context(), ticket, file))
		download, err := c.client.Attachments.DownloadURL(c.Context(), ticket.FileKey)
		c.works(err)
		is(c, "contentType", "text/plain", download.ContentType)
		is(c, "size", file.Size, download.Size)
		left := time.Until(download.ExpiresAt.Time)
		c.holds("a download URL lives an hour", 50*time.Minute < left && left < 70*time.Minute)
	}},
	{"Put of another size is refused", func(c *check) {
		ticket, err := c.client.Attachments.RequestUpload(c.Context(), agentmsg.RequestUploadParams{FileName: "a.txt", ContentType: "text/plain", Size: 5})
		c.works(err)
		file := agentmsg.FileFromBytes("a.txt", []byte("longer than that"))
		ticket.Size = file.Size
		c.holds("an error", c.client.Attachments.Put(c.Context(), ticket, file) != nil)
	}},
	{"400 image over 10 MB", func(c *check) {
		body := map[string]any{"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 11 << 20}
		c.refused(c.post(agentmsg.MAIA, body, "messages", "upload"), badRequest)
	}},
	{"400 video over 50 MB", func(c *check) {
		body := map[string]any{"fileName": "film.mp4", "contentType": "video/mp4", "size": 55 << 20}
		c.refused(c.post(agentmsg.MAIA, body, "messages", "upload"), badRequest)
	}},
}
