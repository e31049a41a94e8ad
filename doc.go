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
// alone. Link, status, pause, resume and the reactions upsert and remove are
// safe to repeat. A BluBash contact message carries an idempotency key, made
// once per call. Send, Echo, SendAgentMessage, the reaction add and a post to
// a conversation are not: they are repeated only where the request provably
// never left, or the server said that it did not take it. See [RetryPolicy].
//
// Redirects are never followed: a credential does not go to another host.
//
// # Webhooks
//
// [ReadWebhook] bounds, verifies and parses one delivery; [VerifySignature]
// and [ParseEvent] are its halves, for those who have the raw bytes. Verify
// the bytes as they came: JSON that was decoded and written again no longer
// fits its signature. MAIA delivers again after a failure, 1, 2 and 4 s after
// the end of the attempt before, and each attempt may last 10 s; after the
// fourth the event is lost, and no API fetches it. The scheme has no
// protection against replays: deduplicate messages by [Event.DedupeKey].
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
