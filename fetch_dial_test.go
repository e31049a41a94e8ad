package agentmsg_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/agentmsg/agentmsg"
	"github.com/agentmsg/agentmsg/internal/peer"
	"github.com/stretchr/testify/require"
)

// nameServer answers the nth question for an IPv4 address by the nth list, and
// knows no IPv6. It has a pipe for each question.
type nameServer struct {
	workers sync.WaitGroup

	mu      sync.Mutex
	answers [][]string // the last one stays
	asked   int
}

func newNameServer(t *testing.T, answers ...[]string) (*nameServer, *net.Resolver) {
	t.Helper()
	s := &nameServer{answers: answers}
	t.Cleanup(s.workers.Wait)
	return s, &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		s.workers.Go(func() { s.talk(far) })
		return near, nil
	}}
}

// talk speaks DNS as over TCP: each message after its length.
func (s *nameServer) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, question); err != nil {
			return
		}
		answer := s.answer(question)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// answer repeats the header and the question, and adds what was asked for.
func (s *nameServer) answer(question []byte) []byte {
	const header, typeA = 12, 1
	end := header
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	kind := binary.BigEndian.Uint16(question[end+1:])
	end += 5
	var addresses []string
	if s.mu.Lock(); kind == typeA {
		addresses = s.answers[min(s.asked, len(s.answers)-1)]
		s.asked++
	}
	s.mu.Unlock()
	answer := append([]byte{}, question[:end]...)
	copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, byte(len(addresses)), 0, 0, 0, 0})
	for _, address := range addresses {
		ip := netip.MustParseAddr(address).As4()
		answer = append(answer, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4)
		answer = append(answer, ip[:]...)
	}
	return answer
}

// requireForbidden is what a connection that is not made ends in.
func requireForbidden(t *testing.T, err error) {
	t.Helper()
	e := as[*agentmsg.TransportError](t, err)
	require.ErrorIs(t, err, agentmsg.ErrForbiddenAddress)
	require.ErrorContains(t, err, "FetchAllowPrivate allows it")
	require.Equal(t, []any{opFetch, 0, 1, agentmsg.OutcomeNotSent, false}, []any{e.Op, e.Status, e.Attempts, e.Outcome, agentmsg.Temporary(err)})
}

func fetchPublic(t *testing.T, url string, opts ...agentmsg.FetchOption) error {
	t.Helper()
	n, err := agentmsg.DownloadEventAttachment(t.Context(), agentmsg.EventAttachment{URL: agentmsg.Secret(url)}, io.Discard, opts...)
	if err != nil {
		require.Zero(t, n)
	}
	return err
}

// However this machine, its network or its cloud is written, nothing of it is
// asked.
func TestFetchForbiddenAddress(t *testing.T) {
	t.Parallel()
	s := peer.Greeted(t, func(int, net.Conn) bool { t.Error("a connection came"); return false })
	_, port, err := net.SplitHostPort(s.Address())
	require.NoError(t, err)
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "192.168.0.1", "172.16.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16", "192.0.0.192", "255.255.255.255",
		"[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:169.254.169.254]", "localhost", "LOCALHOST",
	} {
		for _, scheme := range []string{"http://", "https://"} {
			requireForbidden(t, fetchPublic(t, scheme+host+":"+port+presignedTarget))
		}
	}
	for _, host := range []string{"[::1]", "[::]", "[fd00:ec2::254]", "[fe80::a9fe:a9fe]", "[fe80::1%25lo]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::1]", "[::7f00:1]"} {
		if err := fetchPublic(t, "http://"+host+":"+port+presignedTarget); !withoutIPv6(err) {
			requireForbidden(t, err)
		}
	}
}

// withoutIPv6: this machine has no such sockets, so none was judged.
func withoutIPv6(err error) bool {
	no, ok := err.(interface{ Unwrap() error })
	return ok && strings.Contains(no.Unwrap().Error(), syscall.EAFNOSUPPORT.Error())
}

// The numbers that a C library takes for addresses are names to Go. Where such
// a name is looked up after all, it is judged by what it leads to.
func TestFetchOddlyWrittenAddress(t *testing.T) {
	t.Parallel()
	s := peer.Greeted(t, func(int, net.Conn) bool { t.Error("a connection came"); return false })
	_, port, err := net.SplitHostPort(s.Address())
	require.NoError(t, err)
	_, asCLooksUp := newNameServer(t, []string{"127.0.0.1"})
	for _, host := range []string{"2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "127.0.0.1%2f"} {
		err := fetchPublic(t, "http://"+host+":"+port+presignedTarget, agentmsg.FetchWith(asCLooksUp, nil))
		require.Equal(t, agentmsg.OutcomeNotSent, agentmsg.OutcomeOf(err), "%s: %v", host, err)
		require.False(t, agentmsg.Temporary(err), host)
	}
	requireForbidden(t, fetchPublic(t, "http://0x7f.1:"+port, agentmsg.FetchWith(asCLooksUp, nil)))
}

// A name is judged by where its connection goes, each time.
func TestFetchForbiddenName(t *testing.T) {
	t.Parallel()
	s := peer.New(t)
	_, port, err := net.SplitHostPort(s.Address())
	require.NoError(t, err)
	url := "http://files.example.com:" + port + presignedTarget
	for _, address := range []string{"127.0.0.1", "10.0.0.1", "169.254.169.254"} {
		names, resolver := newNameServer(t, []string{address})
		requireForbidden(t, fetchPublic(t, url, agentmsg.FetchWith(resolver, nil)))
		require.Equal(t, 1, names.asked, "what is judged is what was looked up for the connection")
	}
	require.Zero(t, s.Seen())
	_, resolver := newNameServer(t, []string{"127.0.0.1"})
	require.NoError(t, fetchPublic(t, url, agentmsg.FetchWith(resolver, nil), agentmsg.FetchAllowPrivate()), "what stood in the way was the rule")
	require.Equal(t, "files.example.com:"+port, s.Request(0).Host)
}

// A name that leads to a public address first, and to another next, or to both:
// here 127.0.0.1 plays the public one.
func TestFetchRebinding(t *testing.T) {
	t.Parallel()
	rule := func(a netip.Addr) string {
		if a == netip.MustParseAddr("127.0.0.1") {
			return ""
		}
		return agentmsg.Special(a)
	}
	s := peer.New(t)
	_, port, err := net.SplitHostPort(s.Address())
	require.NoError(t, err)
	url := "http://files.example.com:" + port
	names, resolver := newNameServer(t, []string{"127.0.0.1"}, []string{"127.0.0.2"}, []string{"127.0.0.2", "127.0.0.1", "10.0.0.1"})
	for i, forbidden := range []bool{false, true, false} {
		if err := fetchPublic(t, url, agentmsg.FetchWith(resolver, rule)); forbidden {
			requireForbidden(t, err)
		} else {
			require.NoError(t, err)
		}
		require.Equal(t, i+1, names.asked)
	}
	require.Equal(t, 2, s.Seen())
}

// What has not to do with the address may pass.
func TestFetchNotSent(t *testing.T) {
	t.Parallel()
	s := peer.New(t)
	url := s.URL()
	s.Close()
	_, err := fetch(t, url+presignedTarget)
	require.Equal(t, agentmsg.OutcomeNotSent, as[*agentmsg.TransportError](t, err).Outcome)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.True(t, agentmsg.Temporary(err))

	_, resolver := newNameServer(t, nil)
	_, err = fetch(t, "http://files.example.com/"+presignedTarget, agentmsg.FetchWith(resolver, nil))
	var unknown *net.DNSError
	require.ErrorAs(t, as[*agentmsg.TransportError](t, err), &unknown)
	require.Equal(t, []any{true, agentmsg.OutcomeNotSent, false}, []any{unknown.IsNotFound, agentmsg.OutcomeOf(err), agentmsg.Temporary(err)})

	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0)
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	_, err = fetch(t, stranger.URL+presignedTarget)
	var unproven *tls.CertificateVerificationError
	require.ErrorAs(t, as[*agentmsg.TransportError](t, err), &unproven)
	require.False(t, agentmsg.Temporary(err))
}
