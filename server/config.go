package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"hamconnect/server/internal/hamweb"
	"hamconnect/server/internal/oauth"
)

// Config is what a server is started with. DataDir and PublicURL are required;
// the zero value of everything else is a good default.
type Config struct {
	// DataDir is the folder of the database. It is made with mode 0700, and
	// refused if others can read it.
	DataDir string

	// Database is the address of a PostgreSQL database, as
	// postgres://user:password@host/name, in place of DataDir: then any number
	// of servers may work on it. KeySecret is then required: 32 bytes or more
	// that all of them are given, and that seal the keys in the database.
	Database  string
	KeySecret []byte

	// Bus is where the nodes on a Database tell each other what happens: a NATS
	// server or several, as nats://host:4222,nats://other:4222, or a PostgreSQL
	// database; empty: the Database itself.
	Bus string

	// PublicURL is where browsers and apps reach the server: scheme, host and
	// port, nothing more. Plain http is refused except on loopback.
	PublicURL string

	// Log takes what happens; nil discards it. No secret is ever written to it.
	Log *slog.Logger

	// Now is the clock for everything that expires. nil is time.Now, or on a
	// Database that database's clock.
	Now func() time.Time

	// MachineClock is this machine's clock, by which a node measures how long
	// ago it asked the Database for its time; nil is time.Now. It need not be
	// right.
	MachineClock func() time.Time

	// TrustedProxies are the addresses of reverse proxies whose
	// X-Forwarded-For is believed. From anybody else it is ignored.
	TrustedProxies []netip.Prefix

	// PasskeyRPID is the name that passkeys belong to, and PasskeyOrigins are
	// the origins of pages that may use them besides the public URL's. Both
	// are for sites with several names; by default passkeys belong to the
	// public URL's host. Passkeys made under one RP id are lost with it.
	PasskeyRPID    string
	PasskeyOrigins []string

	// AppleApps and AndroidApps are the operator's own Ham apps for phones,
	// which may then open this server's links by themselves and use its
	// passkeys. Whoever holds an Android app's signing key can ask its users
	// for passkeys of this server, so name no app of others. Systems look the
	// apps up under the public URL's host, and again, for passkeys, under
	// PasskeyRPID.
	AppleApps   []AppleApp
	AndroidApps []AndroidApp

	// GrantAge is how long what a person allowed an app spares them the
	// question again. Zero is 90 days; otherwise it is a minute at least and
	// ten years at most.
	GrantAge time.Duration

	// WebOrigins are the origins of front ends whose browsers call /web/…
	// directly, as ParseWebOrigin gives them. Ham Web needs none: its own
	// server passes the calls on.
	WebOrigins []string

	// WebConsoleClient is the client_id of the front end's own console, whose
	// codes sign its browser in. Empty: it has none.
	WebConsoleClient string

	// TicketPassphrase lets only an app that says that its key is sealed with
	// a passphrase sign a browser in by a ticket of /web/….
	TicketPassphrase bool

	// NoTickets has no browser be signed in by a ticket of /web/…, which shows
	// no number to type: for servers behind no Ham Web.
	NoTickets bool

	// LoadTestFrom are machines of the operator's that may load this server, as
	// ParseLoadTestFrom gives them. From there any number of sign-ins begins and
	// any number of sockets waits; limits on guesses, and of one person or
	// device, hold for them too. Empty, as it should be but for a test: none.
	LoadTestFrom []netip.Prefix

	// PairingBegun, if not nil, is called for every pairing that begins. A
	// sandbox looks at its desktop then (Server.Desktop).
	PairingBegun func(pairingID string)

	// Drain has a server that is told to stop go on answering for ten seconds,
	// while readyz says that it stops and those who wait on sockets go elsewhere
	// one after the other: for nodes behind a load balancer.
	Drain bool

	// Limits bound what one address or device may do.
	Limits Limits
}

// Rate allows Burst events at once and one more Every so often. Its zero value
// stands for the default.
type Rate struct {
	Every time.Duration
	Burst int
}

// Limits of what comes from outside; a zero field takes its default.
type Limits struct {
	Pairings   Rate // begun by one address; 10 a second, 100 at once
	Enrols     Rate // tried by one address; one in 3 s, 20 at once
	Calls      Rate // of one device; 5 a second, 60 at once
	Asks       Rate // consent pages and silent sign-ins of one browser session; 1 a second, 30 at once
	Failures   Rate // wrong client credentials of one address; 10 a second, 50 at once
	Recoveries Rate // recovery codes tried by one address; one in 6 s, 10 at once
	Changes    Rate // on the account page of one person; 1 a second, 60 at once
	Sockets    int  // open at a time from one address; 1,000
}

func (l Limits) withDefaults() Limits {
	set := func(r *Rate, every time.Duration, burst int) {
		if *r == (Rate{}) {
			*r = Rate{every, burst}
		}
	}
	set(&l.Pairings, 100*time.Millisecond, 100)
	set(&l.Enrols, 3*time.Second, 20)
	set(&l.Calls, 200*time.Millisecond, 60)
	set(&l.Asks, time.Second, 30)
	set(&l.Recoveries, 6*time.Second, 10)
	set(&l.Changes, time.Second, 60)
	set(&l.Failures, 100*time.Millisecond, 50)
	if l.Sockets == 0 {
		l.Sockets = 1000
	}
	return l
}

func (c Config) withDefaults() (Config, error) {
	if c.DataDir == "" && c.Database == "" {
		return c, errors.New("no data folder is given: name one with --data")
	}
	if c.Database != "" {
		if err := checkKeySecret(c.KeySecret); err != nil {
			return c, err
		}
	}
	if c.Bus != "" {
		if c.Database == "" {
			return c, errors.New("a bus goes with a database: one server on a data folder has nobody to tell")
		}
		if _, err := ParseBus(c.Bus); err != nil {
			return c, err
		}
	}
	public, err := ParsePublicURL(c.PublicURL)
	if err != nil {
		return c, err
	}
	c.PublicURL = public
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.GrantAge == 0 {
		c.GrantAge = oauth.DefaultGrantAge
	}
	if err := checkGrantAge(c.GrantAge); err != nil {
		return c, err
	}
	for _, origin := range c.WebOrigins {
		if _, err := ParseWebOrigin(origin); err != nil {
			return c, err
		}
	}
	for _, prefix := range c.LoadTestFrom {
		if err := checkLoadTestFrom(prefix); err != nil {
			return c, err
		}
	}
	c.Limits = c.Limits.withDefaults()
	return c, nil
}

// minKeySecret bounds Config.KeySecret, in bytes.
const minKeySecret = 32

func checkKeySecret(secret []byte) error {
	if len(secret) < minKeySecret {
		return fmt.Errorf("a database wants a key file of at least %d characters, which all servers on it are given: make one with (umask 077; head -c 32 /dev/urandom | base64 > ham.key), and name it with --key-file", minKeySecret)
	}
	return nil
}

// ParsePublicURL checks a public URL and gives it in its one form: lower case,
// without the scheme's own port, without a slash at the end.
func ParsePublicURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("the public URL %q is not a web address such as https://ham.example", text)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return "", fmt.Errorf("the public URL %q must be scheme, host and port only", text)
	case u.Scheme == "http" && !oauth.IsLoopback(strings.ToLower(u.Hostname())):
		return "", fmt.Errorf("the public URL %q is plain http: use https. Plain http is only for localhost, 127.0.0.1 and [::1]", text)
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host, nil
}

// Bounds of Config.GrantAge. Below the first nobody would get through a second
// sign-in unasked, and beyond the last a yes would outlive its reasons.
const (
	minGrantAge = time.Minute
	maxGrantAge = 10 * 365 * 24 * time.Hour
)

func checkGrantAge(age time.Duration) error {
	if age < minGrantAge || age > maxGrantAge {
		return fmt.Errorf("the age limit of grants, %s, is out of range: give a minute (1m) at least and ten years (87600h) at most", age)
	}
	return nil
}

// ParseGrantAge reads an age limit of grants, such as 720h.
func ParseGrantAge(text string) (time.Duration, error) {
	age, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("the age limit of grants, %q, is no duration such as 720h", text)
	}
	return age, checkGrantAge(age)
}

// ParseWebOrigin checks an origin for Config.WebOrigins.
func ParseWebOrigin(text string) (string, error) { return hamweb.ParseOrigin(text) }

// isSandbox reports whether a public URL is on loopback.
func isSandbox(publicURL string) bool {
	u, err := url.Parse(publicURL)
	return err == nil && oauth.IsLoopback(u.Hostname())
}
