package peers

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/google/go-github/v93/github"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	svix "github.com/svix/svix-webhooks/go"
)

func standardWebhooks() (Receiver, error) {
	w, err := standardwebhooks.NewWebhookRaw([]byte(Secret))
	if err != nil {
		return Receiver{}, err
	}
	return standard("standard-webhooks", "webhook", w.Verify), nil
}

func svixReceiver() (Receiver, error) {
	w, err := svix.NewWebhookRaw([]byte(Secret))
	if err != nil {
		return Receiver{}, err
	}
	return standard("svix", "svix", w.Verify), nil
}

// gitHubReceiver is the handler of go-github's README.
func gitHubReceiver() Receiver {
	return Receiver{
		Name: "go-github",
		Verify: func(body []byte, header http.Header) error {
			return github.ValidateSignature(header.Get(github.SHA256SignatureHeader), body, []byte(Secret))
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			payload, err := github.ValidatePayload(r, []byte(Secret))
			if err != nil {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			event, err := github.ParseWebHook(github.WebHookType(r), payload)
			if _, ok := event.(*github.IssueCommentEvent); err != nil || !ok {
				w.WriteHeader(http.StatusBadRequest)
			}
		}),
		Body: func(nth int) []byte {
			return filled(`{"action":"created","issue":{"number":7,"title":"A title","state":"open"},"comment":{"id":%s,"body":"%s","created_at":"2024-01-15T10:30:00Z"},"sender":{"login":"octocat"}}`, strconv.Itoa(nth+1))
		},
		Sign: func(body []byte) http.Header {
			return http.Header{"X-Github-Event": {"issue_comment"}, "X-Hub-Signature-256": {"sha256=" + hexMAC(string(body))}}
		},
	}
}

// slackReceiver is that of slack-go's example of events.
func slackReceiver() Receiver {
	verify := func(body []byte, header http.Header) error {
		v, err := slack.NewSecretsVerifier(header, Secret)
		if err != nil {
			return err
		}
		if _, err := v.Write(body); err != nil {
			return err
		}
		return v.Ensure()
	}
	return Receiver{
		Name: "slack-go", Verify: verify,
		Body: func(nth int) []byte {
			return filled(`{"type":"event_callback","team_id":"T1","api_app_id":"A1","event_id":"Ev%s","event":{"type":"message","user":"U1","channel":"C1","ts":"1705314600.000200","text":"%s"},"event_time":1705314600}`, strconv.Itoa(nth))
		},
		Sign: func(body []byte) http.Header {
			at := now()
			return http.Header{"X-Slack-Request-Timestamp": {at}, "X-Slack-Signature": {"v0=" + hexMAC("v0:", at, ":", string(body))}}
		},
		Handler: refusing(func(body []byte, header http.Header) error {
			if err := verify(body, header); err != nil {
				return err
			}
			event, err := slackevents.ParseEvent(json.RawMessage(body), slackevents.OptionNoVerifyToken())
			if _, ok := event.InnerEvent.Data.(*slackevents.MessageEvent); err == nil && !ok {
				err = errNoID
			}
			return err
		}),
	}
}
