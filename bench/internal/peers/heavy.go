//go:build !light

package peers

// Light says that peers are left out whose build takes minutes.
const Light = false

// heavy are those whose build takes minutes and gigabytes: .ci/run compiles and
// lints them, but the report that it runs does without, by the tag light.
func heavy() []Peer { return []Peer{twilioPeer, stripePeer, openAI, anthropicPeer} }
