// Package agentmsg talks to AI agents over three HTTP APIs: MAIA, which
// answers later by signed webhook; BluBash Channels, which answers in the same
// call; and the reference Conversations API. Package mockserver plays all
// three in your tests, without an account.
//
//	client, err := agentmsg.NewClient(agentmsg.WithMAIA(token))
//	receipt, err := client.Messages.Send(ctx, agentmsg.SendMessageParams{
//		Channel: agentmsg.WhatsAppQR("+5521999887766"),
//		Content: "Where is my order?",
//	})
//
// # Which send do I want?
//
//	whose words, and what for                        method                     who sees it
//	the customer's, and the AI shall answer          Messages.Send              the AI; its answer comes by webhook
//	the customer's, for the history only             Messages.Echo              nobody; never use it for your own words
//	yours (a human's), to the customer               Channels.SendAgentMessage  the customer
//	yours, to your own people                        Channels.AddNote           your people; the AI where you say so
//	a contact's, and I wait for the AI's answer      Contacts.Send (BluBash)    the AI; the call returns its answer
//	anyone's, into a conversation                    Conversations.Send         the conversation
//
// # Errors
//
// Every failed call is one of four pointer types, by the stage at which it
// failed: [*ParamError] before anything was sent, [*TransportError] without a
// complete answer, [*APIError] answered with a failure, [*DecodeError]
// answered with a success that cannot be used. errors.Is finds a [Code] in
// each; errors.AsType finds the details.
//
// [OutcomeOf] answers the question that matters before a message goes out
// again: did it happen? [OutcomeNotSent] and [OutcomeRejected] mean no,
// [OutcomeUnknown] maybe, [OutcomeAccepted] yes. [Temporary] says whether a
// later try is both safe and sensible.
//
// No error, log line or printed value holds a credential, a signature or the
// query of a URL.
//
// # Retries
//
// Whether a failure is repeated depends on the operation, not on the status
// alone. Link, status, pause, resume, the reactions upsert and remove, both
// steps of an upload, download URLs and lists are safe to repeat; a download
// is as long as its writer has got nothing. A BluBash contact message carries
// an idempotency key, made once per call. Send, Echo, SendAgentMessage,
// AddNote, the reaction add and a post to a conversation are not: they are
// repeated only where the request provably never left, or the server said that
// it did not take it. See [RetryPolicy].
//
// Redirects are never followed: a credential does not go to another host.
//
// # Webhooks
//
// [NewWebhookHandler] is an http.Handler that calls a function once for each
// event:
//
//	handler, err := agentmsg.NewWebhookHandler(func(ctx context.Context, event agentmsg.Event) error {
//		if m, ok := event.(*agentmsg.MessageEvent); ok && m.Direction == agentmsg.DirectionOutgoing {
//			return deliver(ctx, m.SessionID, m.Response) // the AI's words, or a human's
//		}
//		return nil
//	}, agentmsg.WithWebhookSecrets(secret))
//	http.Handle("/webhook", handler)
//
// It bounds, verifies, decodes and deduplicates, answers inside MAIA's 10 s,
// and asks for the event again where the function failed. MAIA delivers again
// 1, 2 and 4 s after the end of the attempt before; after the fourth the event
// is lost, and no API fetches it. [WithWebhookTenants] receives for many
// customers, [WithWebhookQueue] acknowledges before the work is done, and
// [WebhookHandler.Shutdown] ends it: after the load balancer and the
// http.Server, with a context of its own.
//
// [ReadWebhook] bounds, verifies and parses one delivery, and leaves the rest
// to you; [VerifySignature] and [ParseEvent] are its halves, for those who have
// the raw bytes. Verify the bytes as they came: JSON that was decoded and
// written again no longer fits its signature. The scheme has no protection
// against replays: deduplicate messages by [Event.DedupeKey].
//
// [DownloadEventAttachment] brings the file of an event: bounded, without
// credentials, and from public addresses alone, so that no webhook makes your
// server read its own network.
//
// Package agent joins a question with the answer that comes by webhook.
//
// # Files
//
// [AttachmentsService.Upload] brings a [File] to MAIA's storage and returns the
// [Attachment] that a message needs. The FileFrom functions make a File of a
// path, bytes, an fs.FS, a browser's form or a reader.
//
//	file, err := agentmsg.FileFromPath("voice.ogg")
//	attachment, err := client.Attachments.Upload(ctx, file)
//	receipt, err := client.Messages.Send(ctx, agentmsg.SendMessageParams{
//		Channel:     agentmsg.WhatsAppQR("+5521999887766"),
//		Attachments: []agentmsg.Attachment{*attachment},
//	})
//
// An image has at most 10 MB, audio and documents 25 MB, a video 50 MB; a
// message at most 10 files and 100 MB. A file that is too big, empty, or none
// of the 23 formats and without a ContentType is a [*ParamError] before the
// network. The content is streamed: the memory that an upload takes does not
// grow with the file.
//
// [AttachmentsService.Download] writes a file to an [io.Writer], without a bound.
// Presigned URLs are [Secret]: who has one needs no credential.
//
// # Traps
//
// What goes wrong in integrations, and what stands against it here:
//
//	the trap                          what happens then                      what prevents it
//	a channel without its type        it counts as an API channel, and       APIChannel, WhatsAppQR and their kin
//	                                  routing fails                          write the type
//	an echo of the business's words   the customer is said to have said      Echo asks for the customer's id; your own
//	                                  them, and the AI believes it           words go by Channels.SendAgentMessage
//	aiPaused: false left out          it is refused: the AI stays silent     Sessions.ResumeAI writes it
//	auto_reply: false left out        the AI answers nevertheless            AutoReply is a *bool: new(false) is written
//	a channel's and a session's       the message goes nowhere               ChannelID and SessionID are types:
//	id swapped                                                               swapped, they do not compile
//	a webhook decoded, written        its signature fits no more, and        ReadWebhook verifies the raw bytes, and
//	again, then verified              good events are refused                says when something had read them before
//	a chunked upload                  the storage answers 501                a File has its Size; Put sends it as
//	                                                                         Content-Length, never chunked
//	the token sent to the storage     it is refused, and another host        Put and Download send no credential
//	                                  knows the token
//	a message sent again after 503    the customer may get it twice          Send is not repeated then; OutcomeOf and
//	                                                                         Temporary tell you not to
//
// Each has an Example.
//
// # Testing
//
// Package mockserver is a stateful server of all three APIs in memory:
//
//	server := mockserver.Start(t)
//	client := server.Client()
//
// What the vendors document it answers as documented; where they are silent
// the choice is ours, and marked so. Nothing here was run against the real
// services.
package agentmsg
