package openapi_test

import (
	"fmt"
	"strings"
	"testing"
)

// badBodies are refused by the mock, and must be refused by the documents.
var badBodies = map[string][]string{
	"/messages": {
		`{"fromChannelIdentifier":"support"}`, `{"content":"","fromChannelIdentifier":"support","attachments":[]}`,
		`{"content":"hi"}`, `{"content":"hi","fromChannelIdentifier":""}`, `{"content":7,"fromChannelIdentifier":"support"}`,
		`{"content":"hi","fromChannelIdentifier":"support","isEcho":true}`, `{"content":"hi","fromChannelIdentifier":"support","isEcho":true,"externalUserId":""}`,
		`{"content":"hi","fromChannelIdentifier":"support","isEcho":"true"}`, `{"content":"hi","fromChannelIdentifier":"support","unknown":1}`,
		`{"content":"hi","fromChannelIdentifier":"support","sessionId":1}`, `{"content":"hi","fromChannelIdentifier":"support","sessionName":1}`,
		`{"content":"hi","fromChannelIdentifier":"support","externalUserId":1}`, `{"content":"hi","fromChannelIdentifier":"support","channelType":1}`,
		`{"content":"hi","fromChannelIdentifier":"support","agentId":1}`, `{"content":"hi","fromChannelIdentifier":"support","kanbanId":1}`,
		`{"content":"hi","fromChannelIdentifier":"support","attachments":{}}`, `{"content":"hi","fromChannelIdentifier":"support","attachments":["k"]}`,
		`[]`, `null`, `"hi"`, `{`, ``,
	},
	"/messages/upload": {
		`{"contentType":"text/plain","size":1}`, `{"fileName":"f","size":1}`, `{"fileName":"f","contentType":"text/plain"}`,
		uploadOf("", "text/plain", 1), uploadOf("a/b", "text/plain", 1), uploadOf(`a\\b`, "text/plain", 1), uploadOf(`a\u0007`, "text/plain", 1), uploadOf("f", "", 1),
		uploadOf("f", "image/heic", 1), uploadOf("f", "application/zip", 1), uploadOf("f", "text/html", 1), uploadOf("f", "text/plain", 0),
		uploadOf("f", "image/png", 10<<20+1), uploadOf("f", "audio/ogg; codecs=opus", 25<<20+1), uploadOf("f", "video/mp4", 50<<20+1), uploadOf("f", "application/pdf", 25<<20+1),
		`{"fileName":"f","contentType":"text/plain","size":"1"}`, `{"fileName":"f","contentType":"text/plain","size":1.5}`, `{"fileName":"f","contentType":"text/plain","size":1,"x":1}`,
	},
	toCustomer: {
		`{}`, `{"attachments":[]}`, `{"content":""}`, `{"content":"hi","isHumanReply":true}`, `{"isNote":true}`, `{"isNote":true,"content":""}`,
		`{"isNote":true,"content":"` + strings.Repeat("é", 10_001) + `"}`, `{"content":"hi","isNoteVisibleToAi":true}`, `{"content":"hi","isNote":false,"isNoteVisibleToAi":false}`,
		`{"content":"hi","isNote":true,"attachments":[{"fileKey":"FILE","fileName":"a b.txt","contentType":"text/plain","size":5}]}`,
		`{"content":"hi","isNote":"true"}`, `{"content":"hi","isNote":true,"isNoteVisibleToAi":"true"}`, `{"content":"hi","externalUserId":1}`, `{"content":"hi","sessionName":1}`, `{"content":1}`,
	},
	"/sessions/s/messages/MESSAGE/link": {`{}`, `{"providerMsgId":""}`, `{"providerMsgId":1}`, `{"providerMsgId":"p","setStatusToSent":1}`, `{"providerMsgId":"p","x":1}`},
	"/sessions/s/messages/status": {
		`{"status":"read"}`, `{"providerMsgId":"","status":"read"}`, `{"providerMsgId":"p"}`, `{"providerMsgId":"p","status":""}`, `{"providerMsgId":"p","status":"lost"}`, `{"providerMsgId":"p","status":"read","x":1}`,
	},
	"/sessions/s/messages/reactions": {
		`{"action":"upsert"}`, `{"providerMsgId":"","action":"upsert"}`, `{"providerMsgId":"p"}`, `{"providerMsgId":"p","action":"toggle","emoji":"👍"}`,
		`{"providerMsgId":"p","action":"add"}`, `{"providerMsgId":"p","action":"remove"}`, `{"providerMsgId":"p","action":"remove","emoji":""}`, `{"providerMsgId":"p","action":"upsert","emoji":1}`,
		`{"providerMsgId":"p","action":"upsert","x":1}`,
	},
	"/sessions/s/ai-paused": {`{}`, `{"aiPaused":"true"}`, `{"aiPaused":null}`, `{"aiPaused":true,"x":1}`},
	toContact: {
		`{"type":"TEXT","content":{"text":{"body":"hi"}}}`, `{"type":"TEXT","contactIdentifier":"","content":{"text":{"body":"hi"}}}`, `{"contactIdentifier":"c","content":{"text":{"body":"hi"}}}`,
		`{"type":"TEXT","contactIdentifier":"c"}`, contactBody("text", `{"text":{"body":"hi"}}`), contactBody("STICKER", `{}`), contactBody("TEXT", `{}`), contactBody("TEXT", `{"text":{}}`),
		contactBody("TEXT", `{"text":{"body":""}}`), contactBody("TEXT", `{"text":{"body":"hi"},"image":{"url":"http://x/"}}`), contactBody("TEXT", `{"text":{"body":"hi","caption":"c"}}`),
		contactBody("IMAGE", `{"text":{"body":"hi"}}`), contactBody("IMAGE", `{"image":{}}`), contactBody("IMAGE", `{"image":{"url":"ftp://x/y"}}`), contactBody("IMAGE", `{"image":{"url":"/y"}}`),
		contactBody("IMAGE", `{"image":{"url":"http://x/y","caption":1}}`), contactBody("IMAGE", `{"image":{"url":"http://x/y","filename":"f"}}`),
		contactBody("AUDIO", `{"audio":{"url":"http://x/y","caption":"c"}}`), contactBody("AUDIO", `{"audio":{}}`), contactBody("AUDIO", `{"audio":{"url":"http://x/y","filename":"f"}}`),
		contactBody("VIDEO", `{"video":{}}`), contactBody("VIDEO", `{"video":{"url":"http://x/y","caption":1}}`), contactBody("VIDEO", `{"video":{"url":"http://x/y","filename":"f"}}`),
		contactBody("DOCUMENT", `{"document":{}}`), contactBody("DOCUMENT", `{"document":{"url":"http://x/y","filename":1}}`), contactBody("DOCUMENT", `{"document":{"url":"http://x/y","caption":1}}`),
		contactBody("DOCUMENT", `{"document":{"url":"http://x/y","size":1}}`),
		`{"type":"TEXT","contactIdentifier":"c","contactName":1,"content":{"text":{"body":"hi"}}}`, `{"type":"TEXT","contactIdentifier":"c","x":1,"content":{"text":{"body":"hi"}}}`,
	},
	toConversation: {
		`{"sender_type":"user","text":"hi"}`, `{"sender_id":"","sender_type":"user","text":"hi"}`, `{"sender_id":"u","text":"hi"}`, `{"sender_id":"u","sender_type":"robot","text":"hi"}`,
		`{"sender_id":"u","sender_type":"user"}`, `{"sender_id":"u","sender_type":"user","text":""}`, spoken(`"conversation_id":1`), spoken(`"reply_to_message_id":1`), spoken(`"metadata":"m"`),
		spoken(`"metadata":[]`), spoken(`"auto_reply":"no"`), spoken(`"x":1`),
	},
}

// badFiles are refused in a message of either side.
var badFiles = []string{
	`{"fileName":"f","contentType":"t","size":1}`, `{"fileKey":"","fileName":"f","contentType":"t"}`, `"k"`,
	`{"fileKey":"FILE","contentType":"text/plain","size":5}`, `{"fileKey":"FILE","fileName":"","contentType":"text/plain","size":5}`,
	`{"fileKey":"FILE","fileName":"a b.txt","size":5}`, `{"fileKey":"FILE","fileName":"a b.txt","contentType":"","size":5}`,
	`{"fileKey":"FILE","fileName":"a b.txt","contentType":"text/plain","size":-1}`, `{"fileKey":"FILE","fileName":"a b.txt","contentType":"text/plain","size":104857601}`,
	strings.Repeat(`{"fileKey":"FILE","fileName":"a b.txt","contentType":"text/plain","size":5},`, 10) + `{"fileKey":"FILE","fileName":"a b.txt","contentType":"text/plain","size":5}`,
}

// badQueries are those of the lists.
var badQueries = []string{
	"/kanbans?limit=0", "/kanbans?limit=-1", "/kanbans?limit=x", "/kanbans?limit=1.5", "/kanbans?accessible=yes", "/kanbans?nextToken=", "/kanbans?type=x", "/kanbans?Limit=1",
	"/connections?limit=0", "/connections?limit=x", "/connections?nextToken=", "/connections?accessible=true",
}

// refuseBodies sends what must be refused: that each is, by both sides, the
// validator says.
func refuseBodies(t *testing.T, all documents, s *seen) {
	a := started(t, all, s).furnish()
	for path, bodies := range badBodies {
		path = strings.ReplaceAll(path, "MESSAGE", a.message)
		method := "POST"
		if strings.HasSuffix(path, "/ai-paused") {
			method = "PATCH"
		}
		for _, body := range bodies {
			a.into(nil, 400, method, path, strings.ReplaceAll(body, "FILE", a.fileKey))
		}
		a.into(nil, 400, method, path, `{}`, "Content-Type", "text/plain")
	}
	for _, files := range badFiles {
		files = `"content":"hi","attachments":[` + strings.ReplaceAll(files, "FILE", a.fileKey) + `]}`
		a.into(nil, 400, "POST", "/messages", `{"fromChannelIdentifier":"support",`+files)
		a.into(nil, 400, "POST", toCustomer, `{`+files)
	}
	for _, target := range badQueries {
		a.into(nil, 400, "GET", target, "")
	}
}

func uploadOf(name, contentType string, size int) string {
	return fmt.Sprintf(`{"fileName":"%s","contentType":"%s","size":%d}`, name, contentType, size)
}

func contactBody(kind, content string) string {
	return fmt.Sprintf(`{"type":"%s","contactIdentifier":"c","content":%s}`, kind, content)
}

func spoken(more string) string {
	return `{"sender_id":"u","sender_type":"user","text":"hi",` + more + `}`
}
