//go:build light

package hello

func heavy() []string { return nil }
