//go:build light

package peers

func heavy() []Peer { return nil }

func heavyUploaders() []Uploader { return nil }

func heavyReceivers() []Receiver { return nil }
