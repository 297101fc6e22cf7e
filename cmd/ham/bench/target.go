package bench

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Target is a server that may be loaded. Names are looked up once, here: from
// then on it connects to these addresses and to no others, each of which is on
// this machine or has said that it may be loaded.
type Target struct {
	URL    string // scheme, host and port
	Lifted bool   // it has lifted what limits one address

	host      string
	secure    bool
	addresses []netip.AddrPort
	next      atomic.Uint64
	dialer    net.Dialer
}

// What is asked of a server before it is loaded.
const (
	permissionPath = "/.well-known/ham-load"
	metadataPath   = "/.well-known/oauth-authorization-server"
	askFor         = 5 * time.Second
	maxAnswer      = 1 << 20
)

// ErrRefused matches what keeps a server from being loaded.
var ErrRefused = errors.New("refused")

type refused struct{ text string }

func (e *refused) Error() string        { return e.text }
func (e *refused) Is(target error) bool { return target == ErrRefused }

func refuse(format string, args ...any) error { return &refused{fmt.Sprintf(format, args...)} }

// Find looks a server up and asks whether it may be loaded. To one that is not
// on this machine nothing is sent over plain http, and over https that question
// only.
func Find(ctx context.Context, server string, connect []string) (*Target, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("--server: give scheme, host and port, such as http://localhost:8484")
	}
	t := &Target{
		URL: u.Scheme + "://" + strings.ToLower(u.Host), host: u.Hostname(), secure: u.Scheme == "https",
		dialer: net.Dialer{Timeout: askFor, KeepAlive: -1}, // who waits for something gives up by itself
	}
	places := connect
	if len(places) == 0 {
		port := u.Port()
		if port == "" {
			port = map[bool]string{true: "443", false: "80"}[t.secure]
		}
		places = []string{net.JoinHostPort(t.host, port)}
	}
	var all []netip.AddrPort
	for _, place := range places {
		found, err := lookUp(ctx, place)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for _, a := range all {
		if !a.Addr().IsLoopback() && !t.secure {
			return nil, refuse("%s leads to %s, which is not this machine: ham bench loads such a server over https only, and if it says that it may be loaded. Nothing was sent", server, a.Addr())
		}
	}
	var failed error
	for _, a := range all {
		switch err := t.ask(ctx, a); {
		case err == nil:
			t.addresses = append(t.addresses, a)
		case len(connect) > 0 || errors.Is(err, ErrRefused):
			return nil, err
		default: // localhost has two addresses, and a server may listen on one
			failed = err
		}
	}
	if len(t.addresses) == 0 {
		return nil, failed
	}
	return t, nil
}

// lookUp gives the addresses of a host with port.
func lookUp(ctx context.Context, place string) ([]netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		return nil, fmt.Errorf("%q is no host with a port", place)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, fmt.Errorf("%q is no host with a port", place)
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("looking up %s: %w", host, err)
	}
	var all []netip.AddrPort
	for _, ip := range found {
		if a := netip.AddrPortFrom(ip.Unmap(), uint16(number)); !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all, nil
}

// ask asks the server at a whether it may be loaded, and how it calls itself:
// a page's origin and the app's proofs hold for that address alone.
func (t *Target) ask(ctx context.Context, a netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	transport := t.transport(func(ctx context.Context) (net.Conn, error) { return t.dialer.DialContext(ctx, "tcp", a.String()) })
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport, CheckRedirect: stay}
	var permission struct {
		Allowed bool   `json:"load_test"`
		Public  string `json:"public_url"`
	}
	if status, err := getJSON(ctx, c, t.URL+permissionPath, &permission); err != nil {
		return fmt.Errorf("asking %s (%s) whether it may be loaded: %w", t.URL, a, err)
	} else if status == http.StatusOK && permission.Allowed {
		t.Lifted = true
		return t.sameAs(permission.Public)
	}
	if !a.Addr().IsLoopback() {
		return refuse("%s (%s) is not this machine and does not say that it may be loaded: its operator starts it with --load-test-from and the address of this machine. Nothing but this question was sent", t.URL, a)
	}
	var metadata struct {
		Issuer string `json:"issuer"`
	}
	status, err := getJSON(ctx, c, t.URL+metadataPath, &metadata)
	switch {
	case err != nil:
		return fmt.Errorf("asking %s (%s) what it is: %w", t.URL, a, err)
	case status != http.StatusOK || metadata.Issuer == "":
		return refuse("what answers at %s (%s) is no Ham server: it has no %s", t.URL, a, metadataPath)
	}
	return t.sameAs(metadata.Issuer)
}

func (t *Target) sameAs(public string) error {
	if public != t.URL {
		return refuse("the server at %s calls itself %s: give --server %s, and --connect HOST:PORT if that leads elsewhere", t.URL, public, public)
	}
	return nil
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func getJSON(ctx context.Context, c *http.Client, address string, into any) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("User-Agent", userAgent)
	response, err := c.Do(r)
	if err != nil {
		return 0, errors.New(kindOf(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return 0, errors.New(kindOf(err))
	}
	if response.StatusCode == http.StatusOK && json.Unmarshal(body, into) != nil {
		return http.StatusNotAcceptable, nil
	}
	return response.StatusCode, nil
}

// dial connects to the next address in turn, whatever it is asked for.
func (t *Target) dial(ctx context.Context) (net.Conn, error) {
	a := t.addresses[int(t.next.Add(1)%uint64(len(t.addresses)))]
	return t.dialer.DialContext(ctx, "tcp", a.String())
}

// transport speaks HTTP/1.1, each connection made by dial, and knows no proxy.
func (t *Target) transport(dial func(context.Context) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		TLSClientConfig:     t.tls(),
		TLSHandshakeTimeout: askFor,
		MaxIdleConns:        0,
		MaxIdleConnsPerHost: 4096,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true,
	}
}

func (t *Target) tls() *tls.Config {
	return &tls.Config{ServerName: t.host, MinVersion: tls.VersionTLS12}
}
