//go:build light

package hello

// Heavy are those whose build takes minutes and gigabytes: left out.
func Heavy() []string { return nil }
