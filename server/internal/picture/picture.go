// Package picture fetches the pictures of apps and people from addresses that
// others chose, and makes of each a small square PNG that is safe to serve
// from our own origin.
//
// Such an address is a way to make the server knock on doors that the chooser
// cannot reach, and what comes back may be made to harm. So: only https, only
// public addresses, checked at the moment of connecting (a name that resolves
// to something else the second time gains nothing, and neither does a
// redirect), small limits for time, bytes and pixels, and only the decoders
// named in decode.go. What was sent never leaves the package; a PNG that we
// encoded ourselves does.
//
// It does not hide from the chooser that the server fetched the picture, nor
// keep them from answering differently each time.
package picture

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"
)

// Side is the width and height of every picture that Get returns, in pixels.
const Side = 128

const (
	timeout      = 5 * time.Second // for everything, from waiting for a turn to the encoded PNG
	maxRedirects = 3
	maxBytes     = 1 << 20 // of the answer's body
	maxURL       = 2048
	maxFetches   = 16 // at once

	keepGood    = time.Hour
	keepBad     = time.Minute
	maxEntries  = 1000
	maxCached   = 8 << 20 // bytes of PNG
	maxHeader   = 16 << 10
	dialTimeout = 3 * time.Second
)

// Why there is no picture. Other errors come from the network.
var (
	// ErrRefused: the address is one that we do not go to.
	ErrRefused = errors.New("picture: address not allowed")
	// ErrUnsupported: what came is no picture that we take.
	ErrUnsupported = errors.New("picture: not a usable PNG, JPEG, GIF or WebP picture")
)

// Config says what a Fetcher may do. The zero value is right for production.
type Config struct {
	// AllowLoopback lets URLs that name localhost or a loopback address be
	// fetched, also over plain http. For the sandbox, where the apps are on
	// the same machine.
	AllowLoopback bool

	// Own gives pictures of this server, which are fetched from nowhere; nil
	// if there are none. A picture that is not its own is reported as such.
	Own func(ctx context.Context, rawURL string) (png []byte, own bool, err error)

	Now      func() time.Time // nil means time.Now
	Resolver *net.Resolver    // nil means the system's
	RootCAs  *x509.CertPool   // nil means the system's
}

// Fetcher gets pictures. It is safe for use by many requests at once.
type Fetcher struct {
	config  Config
	client  *http.Client
	flights singleflight.Group
	cache   *cache
	timeout time.Duration
	public  func(netip.Addr) bool // isPublic, save in tests

	fetching chan struct{} // holds a token for each fetch under way
	decoding chan struct{} // the same for decoding, which needs the memory: one at a time
	uploaded chan struct{} // and for pictures that people upload, so that they do not hold up the others
}

// New gives a Fetcher. It needs no closing.
func New(config Config) *Fetcher {
	if config.Now == nil {
		config.Now = time.Now
	}
	f := &Fetcher{
		config:   config,
		cache:    newCache(maxEntries, maxCached),
		timeout:  timeout,
		public:   isPublic,
		fetching: make(chan struct{}, maxFetches),
		decoding: make(chan struct{}, 1),
		uploaded: make(chan struct{}, 1),
	}
	f.client = f.newClient()
	return f
}

// Get gives the picture at rawURL as a PNG of Side pixels. Many calls for one
// URL make one fetch; good answers are kept for an hour, failures for a minute.
// The caller must not change the bytes. What the error says is for the log: it
// can tell about the network that the server stands in.
func (f *Fetcher) Get(ctx context.Context, rawURL string) (png []byte, err error) {
	if f.config.Own != nil {
		if png, own, err := f.config.Own(ctx, rawURL); own {
			return png, err
		}
	}
	u, err := f.check(rawURL)
	if err != nil {
		return nil, err
	}
	key := u.String()
	if found, ok := f.cache.get(key, f.config.Now()); ok {
		return found.png, found.err
	}
	// The fetch outlives the caller who began it: others may wait for it too.
	flight := f.flights.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.timeout)
		defer cancel()
		return f.fetch(ctx, u)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-flight:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.([]byte), nil //nolint:forcetypeassert // fetch returns nothing else
	}
}

// check reads an address and says whether it may be asked at all. Where its
// host is, is looked at when connecting.
func (f *Fetcher) check(rawURL string) (*url.URL, error) {
	if len(rawURL) > maxURL {
		return nil, fmt.Errorf("%w: longer than %d characters", ErrRefused, maxURL)
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("%w: no URL", ErrRefused)
	}
	switch {
	case u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("%w: no host", ErrRefused)
	case u.User != nil:
		return nil, fmt.Errorf("%w: a user in the URL", ErrRefused)
	case u.Scheme == "http" && !f.mayLoopback(u.Hostname()), u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: not https", ErrRefused)
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// mayLoopback reports whether host is one that names this machine, and whether
// that is allowed. A name that merely resolves to a loopback address is not.
func (f *Fetcher) mayLoopback(host string) bool {
	if !f.config.AllowLoopback {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// fetch does the work of one Get and keeps what came of it.
func (f *Fetcher) fetch(ctx context.Context, u *url.URL) ([]byte, error) {
	key := u.String()
	// Whoever waited for the flight before this one may have filled it.
	if found, ok := f.cache.get(key, f.config.Now()); ok {
		return found.png, found.err
	}
	select {
	case f.fetching <- struct{}{}:
		defer func() { <-f.fetching }()
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a turn to fetch a picture: %w", ctx.Err())
	}
	body, err := f.download(ctx, u)
	var png []byte
	if err == nil {
		png, err = convert(ctx, f.decoding, fetchedSize, body, Side)
	}
	if errors.Is(err, errNoTurn) {
		return nil, err // says nothing about the picture
	}
	keep := keepGood
	if err != nil {
		keep = keepBad
	}
	f.cache.put(key, entry{png: png, err: err, until: f.config.Now().Add(keep)})
	return png, err
}
