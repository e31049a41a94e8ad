package agentmsg_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/stretchr/testify/require"
)

// Where each block begins and ends, and the neighbours that are public.
const (
	specialAddresses = `
		0.0.0.0 0.0.0.1 0.255.255.255
		10.0.0.0 10.1.2.3 10.255.255.255
		100.64.0.0 100.100.100.200 100.127.255.255
		127.0.0.0 127.0.0.1 127.0.0.53 127.255.255.255
		168.63.129.16
		169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255
		172.16.0.0 172.31.255.255
		192.0.0.0 192.0.0.8 192.0.0.9 192.0.0.170 192.0.0.192 192.0.0.255
		192.0.2.0 192.0.2.255
		192.31.196.0 192.31.196.255 192.52.193.0 192.52.193.255 192.88.99.0 192.88.99.255
		192.168.0.0 192.168.1.1 192.168.255.255
		192.175.48.0 192.175.48.255
		198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255
		224.0.0.0 224.0.0.251 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255

		:: ::1 ::7f00:1 ::808:808 ::fffe:ffff:ffff ::ffff:0:808:808 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
		64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::ffff:ffff 64:ff9b::1:808:808
		64:ff9b:1:: 64:ff9b:1::808:808 64:ff9b:1:ffff:ffff:ffff:ffff:ffff
		100:: 100::ffff:ffff:ffff:ffff 100:0:0:1::1 1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
		2001:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:1::1 2001:2::1 2001:3::1 2001:4:112::1 2001:10::1 2001:20::1 2001:30::1
		2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff
		2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
		2002:: 2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::1 2002:a9fe:a9fe::a9fe:a9fe 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff
		2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff
		3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
		4000:: 5f00::1 7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
		8000:: fc00:: fd00:ec2::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe00::1 fe80:: fe80::1 febf::1 fec0::1 feff::1
		ff00:: ff02::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
		fe80::1%eth0 2606:4700::1%eth0 ::ffff:8.8.8.8%eth0`
	publicAddresses = `
		1.0.0.0 8.8.8.8 9.255.255.255 11.0.0.0 52.216.8.8 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
		168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
		191.255.255.255 192.0.1.0 192.0.1.255 192.0.3.0 192.31.195.255 192.31.197.0 192.52.192.255 192.52.194.0
		192.88.98.255 192.88.100.0 192.167.255.255 192.169.0.0 192.175.47.255 192.175.49.0
		198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255

		::ffff:8.8.8.8 ::ffff:52.216.8.8 64:ff9b::808:808 64:ff9b::34d8:808 64:ff9b::dfff:ffff 2002:808:808::1
		2000:: 2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff 2001:200:: 2001:4860:4860::8888
		2001:db7:ffff:ffff:ffff:ffff:ffff:ffff 2001:db9:: 2003:: 2606:4700::1111
		2620:4f:7fff:ffff:ffff:ffff:ffff:ffff 2620:4f:8001:: 2a05:d014::1
		3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff 3fff:1000:: 3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`
)

func TestSpecialAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range strings.Fields(specialAddresses) {
		require.NotEmpty(t, agentmsg.Special(netip.MustParseAddr(address)), address)
	}
	for _, address := range strings.Fields(publicAddresses) {
		require.Empty(t, agentmsg.Special(netip.MustParseAddr(address)), address)
	}
	require.Equal(t, "no IP address", agentmsg.Special(netip.Addr{}))
	require.Equal(t, "an address of this machine", agentmsg.Special(netip.MustParseAddr("64:ff9b::127.0.0.1")), "judged as IPv4")
}

// An IPv4 address is judged the same in whatever it is wrapped.
func TestSpecialAddressesWrapped(t *testing.T) {
	t.Parallel()
	for _, address := range strings.Fields(specialAddresses + publicAddresses) {
		bare := netip.MustParseAddr(address)
		if !bare.Is4() {
			continue
		}
		b := bare.As4()
		mapped, translated, sixToFour := netip.AddrFrom16(bare.As16()), [16]byte{1: 0x64, 2: 0xff, 3: 0x9b}, [16]byte{0x20, 0x02}
		copy(translated[12:], b[:])
		copy(sixToFour[2:], b[:])
		require.True(t, mapped.Is4In6())
		for _, wrapped := range []netip.Addr{mapped, netip.AddrFrom16(translated), netip.AddrFrom16(sixToFour)} {
			require.Equal(t, agentmsg.Special(bare), agentmsg.Special(wrapped), "%v in %v", bare, wrapped)
		}
	}
}
