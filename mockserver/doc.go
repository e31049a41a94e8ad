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
// Each agent message and each answer of the AI goes to the webhook of its
// channel, whatever the channel's type. Ours: the vendor names the webhook and
// two kinds of WhatsApp channel, and does not say what the others do.
//
// What the vendors document it does as documented. Where they are silent the
// choice is ours, and the comment beside it says so. Nothing here was compared
// with the real services.
//
// All state is in memory and ends with [Server.Close].
package mockserver
