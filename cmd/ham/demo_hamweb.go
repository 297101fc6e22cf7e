package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"hamconnect/server"
)

// hamWebPath is where Ham Web takes the codes of its own console.
const hamWebPath = "/login/callback"

// parseHamWeb reads where a Ham Web on this machine is, as browsers write its
// origin. A bare address is refused although it is loopback: passkeys belong to
// names, and those of the provider's pages to localhost.
func parseHamWeb(text string) (string, error) {
	const do = "give scheme, host and port of the Ham Web on this machine and nothing after them, such as http://localhost:3000"
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !isPort(u.Port()) {
		return "", usagef("--ham-web: %q is no web address: %s", text, do)
	}
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	switch {
	case u.User != nil || u.Path != "" && u.Path != "/" || strings.ContainsAny(text, "?#"):
		return "", usagef("--ham-web: %q is more than an origin: %s", text, do)
	case ip != nil && ip.IsLoopback():
		return "", usagef("--ham-web: %q is a bare address, which no passkey can belong to: say localhost in its place", text)
	case host != "localhost":
		return "", usagef("--ham-web: %q is not on this machine, where alone the demo listens: %s; for others run 'ham serve'", text, do)
	}
	origin, err := server.ParsePublicURL(text)
	if err != nil {
		return "", usagef("--ham-web: %q: %s", text, do)
	}
	return origin, nil
}

// isPort reports whether a browser would take text for a port; empty is the
// scheme's own.
func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && port > 0
}

// apart refuses a Ham Web that would be where the demo itself already is.
func (s *stage) apart() error {
	for what, there := range map[string]string{"the provider": s.publicURL, "Campus Library": s.libraryURL} {
		if there == s.hamWeb {
			return usagef("--ham-web: %s is where %s is; choose another port with --port or --app-port, or start Ham Web on another one", s.hamWeb, what)
		}
	}
	return nil
}

// behind makes config that of the backend of the Ham Web at s.hamWeb. Browsers
// see its origin alone, on which its proxy sets the cookies; the Ham app calls
// the provider at its own address, which therefore stays the public one. Both
// are localhost, and so passkeys of the one are passkeys of the other. No
// X-Forwarded-For is believed: all browsers are on this machine.
func (s *stage) behind(ctx context.Context, dir string, config *server.Config) error {
	console, err := s.console(ctx, dir)
	if err != nil {
		return err
	}
	config.WebConsoleClient = console
	config.PasskeyOrigins = []string{s.hamWeb}
	config.WebOrigins = []string{s.hamWeb} // its proxy may pass Origin on and leave out Sec-Fetch-Site
	return nil
}

// console gives the client of Ham Web's own console, made before the provider
// opens, which wants to know it. What it asks for is nothing: a code that signs
// a browser in.
func (s *stage) console(ctx context.Context, dir string) (id string, err error) {
	path := filepath.Join(dir, castFile)
	c, err := readCast(path)
	if err != nil {
		return "", err
	}
	admin, err := server.OpenAdmin(ctx, server.Place{DataDir: s.dataFolder}, s.publicURL)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	back := []string{s.hamWeb + hamWebPath}
	if c.ConsoleID != "" {
		_, err := admin.UpdateClient(ctx, c.ConsoleID, func(client *server.Client) { client.RedirectURIs = back })
		if err != nil {
			return "", fmt.Errorf("finding the client of Ham Web's console: %w; remove %s to begin anew", err, dir)
		}
		return c.ConsoleID, nil
	}
	client, _, err := admin.AddClient(ctx, server.Client{Name: "Ham Web", Dialect: server.Ham, RedirectURIs: back, UserinfoAuth: server.UserinfoBoth})
	if err != nil {
		return "", err
	}
	c.ConsoleID = client.ID
	return client.ID, c.write(path)
}

// besideHamWeb are the steps for a person who has a Ham Web to start.
func (n *narrator) besideHamWeb(s *stage, o demoOptions, console string) {
	command := thisCommand()
	n.say("\n  Ham Web, the browser front end, with this provider behind it:\n\n")
	n.say("  1. Get      Ham Web is a Next.js app (Node.js 20 or newer, pnpm):\n\n")
	n.say("                git clone https://github.com/whu-ham/ham-web\n                cd ham-web\n                pnpm install\n\n")
	n.say("  2. Start    it at %s with these two variables, also when you build it:\n\n", s.hamWeb)
	n.say("                HAM_BACKEND_ORIGIN=%s \\\n                NEXT_PUBLIC_CONSOLE_CLIENT_ID=%s \\\n                pnpm dev\n\n", s.publicURL, console)
	n.say("  3. Open     %s and sign in by QR code.\n", s.hamWeb)
	if o.approve {
		n.say("  4. Watch    Lin's phone scans the code and approves by itself.\n")
	} else {
		n.say("  4. Scan     Start Lin's phone, and give it a screenshot of the code, or the link\n")
		n.say("              in it, ham://qrcode-login?ticket=...:\n\n                %s app --config %s\n\n", command, quote(s.configFolder))
		n.say("              Or without a screen:\n\n                %s approve LINK-OR-SCREENSHOT --config %s --browser 127.0.0.1\n\n", command, quote(s.configFolder))
		n.say("  5. Approve  The page shows no number: the app asks a second time in its place.\n")
	}
	n.say("\n  A passkey for Ham Web is made by 'ham passkey', whose link opens the provider's page:\n\n                %s passkey --config %s\n", command, quote(s.configFolder))
	n.say("\n  Campus Library sends its readers to the provider's own page, not to Ham Web's.\n")
}
