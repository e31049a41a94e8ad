// Package mockserver is a fake of the three APIs that package agentmsg talks
// to, for tests and demonstrations: MAIA under /, BluBash under /api/v1/ and
// the Conversations API under /v1/. It keeps state, takes nothing that the
// vendors do not document, answers deterministically, and delivers signed
// webhooks.
//
//	func TestGreeting(t *testing.T) {
//		server := mockserver.Start(t)
//		greet(server.Client())
//		require.NoError(t, server.WaitRequests(t.Context(), agentmsg.OpSend, 1))
//	}
//
// [Start] is for tests: it ends with the test, and fails it when a route was
// asked for that there is not. [New] is for programs: an http.Handler to mount
// anywhere. [Server.Transport] needs no socket: client, server, the AI's delay
// and webhook retries all run inside a testing/synctest bubble, as long as the
// server is made there.
//
// Given none, it has one MAIA channel of each type: the API channel of the
// constants, and others whose identifier is the type and whose ID is
// "channel-" and the type (channel-whatsapp_no, whatsapp_no); and one BluBash
// channel.
//
// Files go to a storage that is this server too: the presigned URLs lead to
// /storage/, under the base that [WithURL] gave, else under the scheme and host
// that the caller used. A proxy or a mount that changes them needs WithURL. The
// storage takes no credential but the link, answers XML as S3 does, and keeps
// the bytes in memory. Ours are its path, the hour that an upload URL lives
// (the vendor names that of a download), that 1 MB is 2^20 bytes, that a type
// outside the vendor's table is refused, and that a message's file must be one
// that was uploaded, of the same name, type and size; a size of 0 is one that
// is not said.
//
// Boards and connections are those of [WithKanbans] and [WithConnections]; a
// page has 50 unless limit says otherwise, a nextToken is for the list that it
// came with, and each query must be a documented one. Ours.
//
// A route or a member that the vendor has and this server does not know is
// added by [WithRoute] and [WithExtraFields].
//
// Each agent message and each answer of the AI goes to the webhook of its
// channel, whatever the channel's type. Ours: the vendor names the webhook and
// two kinds of WhatsApp channel, and does not say what the others do.
//
// What goes wrong does so by count and on purpose: [WithFault] and
// [Server.Inject] hit calls and deliveries, before or after their work, and
// [Matrix] takes an integration through all of it.
//
// [Channel] says how a channel's answers come: split by line breaks, apart, or
// after a wait for more of the customer's messages. [WithRateLimit] refuses
// calls as the vendor does. [Server.Emit] sends a receiver any bytes at all, and
// [Server.Redeliver] what it has had already.
//
// [Worlds] are many servers behind one handler, one for each test credential:
// with them tests in any language share an address. The program agentmsg, in
// cmd/agentmsg, serves them.
//
// What the vendors document it does as documented. Where they are silent the
// choice is ours, and the comment beside it says so; docs/mockserver.md has a
// table of all. Nothing here was compared with the real services.
//
// All state is in memory and ends with [Server.Close].
package mockserver
