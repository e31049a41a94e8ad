//go:build !light

package peers

// heavy are those whose build takes minutes and gigabytes: .ci/run does without
// them, by the tag light.
func heavy() []Peer { return []Peer{twilioPeer, stripePeer, openAI, anthropicPeer} }
