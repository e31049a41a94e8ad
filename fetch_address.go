package agentmsg

import "net/netip"

// special says what an address is that no stranger's URL may lead to; empty: a
// public one. It cannot know a translation prefix of a network's own (RFC 6052
// lets each choose one), nor a private network on public addresses.
func special(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return "no IP address"
	case a.Zone() != "": // no Prefix contains it
		return "an address of one link"
	}
	a = withoutIPv6(a)
	for _, block := range specialBlocks {
		if block.prefix.Contains(a) {
			return block.name
		}
	}
	return ""
}

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // IPv4-IPv6 Translation, RFC 6052: the last 32 bits
	sixToFour = netip.MustParsePrefix("2002::/16")    // 6to4, RFC 3056: the 32 bits after the prefix
)

// withoutIPv6 is the IPv4 address that an IPv6 one stands for, else a itself.
func withoutIPv6(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:]))
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a.Unmap() // IPv4-mapped Address, ::ffff:0:0/96, RFC 4291
}

// specialBlocks is never written to. A comment is the block's name in IANA's
// IPv4 or IPv6 Special-Purpose Address Registry, unless it names another
// source. What a registry calls globally reachable is refused too: it is a relay
// or a sink, and no storage. In IPv6 only 2000::/3 is public.
var specialBlocks = [...]struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an address of this network"},         // "This network", RFC 791
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},                 // Private-Use, RFC 1918
	{netip.MustParsePrefix("100.64.0.0/10"), "an address inside a carrier"},    // Shared Address Space, RFC 6598
	{netip.MustParsePrefix("127.0.0.0/8"), "an address of this machine"},       // Loopback, RFC 1122
	{netip.MustParsePrefix("168.63.129.16/32"), "a cloud's own address"},       // in no registry: Azure's platform, as its machines see it
	{netip.MustParsePrefix("169.254.0.0/16"), "an address of one link"},        // Link Local, RFC 3927: where clouds have their metadata service
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},              // Private-Use, RFC 1918
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved address"},              // IETF Protocol Assignments, RFC 6890, and what is in it
	{netip.MustParsePrefix("192.0.2.0/24"), "an address for documentation"},    // Documentation (TEST-NET-1), RFC 5737
	{netip.MustParsePrefix("192.31.196.0/24"), "a sink's address"},             // AS112-v4, RFC 7535
	{netip.MustParsePrefix("192.52.193.0/24"), "a relay's address"},            // AMT, RFC 7450
	{netip.MustParsePrefix("192.88.99.0/24"), "a relay's address"},             // Deprecated (6to4 Relay Anycast), RFC 7526
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},             // Private-Use, RFC 1918
	{netip.MustParsePrefix("192.175.48.0/24"), "a sink's address"},             // Direct Delegation AS112 Service, RFC 7534
	{netip.MustParsePrefix("198.18.0.0/15"), "an address for benchmarks"},      // Benchmarking, RFC 2544
	{netip.MustParsePrefix("198.51.100.0/24"), "an address for documentation"}, // Documentation (TEST-NET-2), RFC 5737
	{netip.MustParsePrefix("203.0.113.0/24"), "an address for documentation"},  // Documentation (TEST-NET-3), RFC 5737
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},              // the IPv4 Multicast Address Space Registry, RFC 5771
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"},               // Reserved, RFC 1112; Limited Broadcast, RFC 8190

	// Unspecified ::, Loopback ::1, RFC 4291; IPv4-compatible ::/96, RFC 4291;
	// IPv4-translated ::ffff:0:0:0/96, RFC 7915; IPv4-IPv6 Translation
	// 64:ff9b:1::/48, RFC 8215; Discard-Only 100::/64, RFC 6666; Dummy
	// 100:0:0:1::/64, RFC 9780; the rest is unassigned.
	{netip.MustParsePrefix("::/3"), "no public address"},
	// IETF Protocol Assignments, RFC 2928, and what is in it: TEREDO 2001::/32,
	// Benchmarking 2001:2::/48, AMT 2001:3::/32, AS112-v6 2001:4:112::/48, ORCHID
	// 2001:10::/28, ORCHIDv2 2001:20::/28, drones 2001:30::/28, anycast of PCP,
	// TURN and DNS-SD.
	{netip.MustParsePrefix("2001::/23"), "a reserved address"},
	{netip.MustParsePrefix("2001:db8::/32"), "an address for documentation"}, // Documentation, RFC 3849
	{netip.MustParsePrefix("2620:4f:8000::/48"), "a sink's address"},         // Direct Delegation AS112 Service, RFC 7534
	{netip.MustParsePrefix("3fff::/20"), "an address for documentation"},     // Documentation, RFC 9637
	// Segment Routing (SRv6) SIDs 5f00::/16, RFC 9602; the rest is unassigned.
	{netip.MustParsePrefix("4000::/2"), "no public address"},
	// Unique-Local fc00::/7, RFC 4193; Link-Local Unicast fe80::/10, RFC 4291;
	// site-local fec0::/10, RFC 3879, and multicast ff00::/8, RFC 4291, in the
	// IPv6 Address Space registry; the rest is unassigned.
	{netip.MustParsePrefix("8000::/1"), "no public address"},
}
