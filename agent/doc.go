// Package agent asks an AI a question and waits for its answer, over the two
// APIs that answer: MAIA, whose replies come later by webhook, and BluBash
// Channels, whose call returns them.
//
//	maia, err := agent.NewMAIA(client, agentmsg.APIChannel("support"))
//	handler, err := agentmsg.NewWebhookHandler(handle,
//		agentmsg.WithWebhookSecrets(secret),
//		agentmsg.WithWebhookTap(maia.Take)) // the answers that are waited for
//	answer, err := maia.Ask(ctx, agent.Question{SessionID: "customer-123", Text: "Where is my order?"})
//	fmt.Println(answer.Text())
//
// One code asks by either [Agent], but for the [Question]: MAIA's may have a
// SessionID; BluBash's must have none, and needs a UserID.
//
// The Conversations API has no Agent: its page documents no way back for a
// reply.
//
// # How MAIA's answer is found
//
// MAIA takes a question with 202 and delivers what the AI says as events of
// the same session; nothing in an event names the question. So one question at
// a time is open in a session, and others wait in the order of their asking.
// The session is listened to before the question is sent, because the reply
// may overtake the 202. Every outgoing message of the session is then a reply,
// but for those of [MAIA.SendAgentMessage] and those that are older than the
// question. The answer is over when nothing has come for a while: see
// [WithQuiet].
//
// What is no reply, or comes when nobody waits, goes to the function of the
// webhook handler, as if nobody had asked: the customer's own words, a reply
// after the time-out, a part of an answer that MAIA delivered once more.
//
// # Errors
//
// Every error of an Ask is an [*AskError]. [agentmsg.OutcomeOf] says whether
// the question was asked: after Unknown and Accepted do not ask again, the
// answer may still come. What had come by then is in the error.
//
// # What nobody can know
//
//   - A human may have answered: on the wire nothing tells a human's message
//     from the AI's.
//   - Where the channel gathers a customer's messages (an aggregation buffer),
//     the AI answers several at once: also those that other processes sent.
//   - A channel that splits its answers by a delay above [WithQuiet] has them
//     cut: the parts after the first go to the webhook's function.
//   - A session of the dashboard's test panel sends no event: a question in it
//     ends with the time-out. So does one in a session that was paused before.
//   - When a question ended unanswered, the next answer of its session may be
//     its answer: see MaybeEarlier of [Answer].
//
// Where the time of a question is not known because its 202 was lost, the
// local clock stands in for it.
//
// # More than one process
//
// Who waits is remembered in memory, and dies with the process: a reply that
// comes after a restart goes to the webhook's function. Where the webhook may
// reach another process than the one that asks, give both a shared [Waiters]
// by [WithWaiters]. Three things stay with the process: the ids of its own
// agent messages, the quiet window between one question and the next, and
// which question ended unanswered. An event that another process acknowledged,
// and that turns out not to be an answer, is in Unmatched of the [Answer], or
// goes to the function of [WithUnmatched].
package agent
