package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"hamconnect/server"
)

// The settings of ham serve, in the order in which --print-config shows them.
const (
	setData     = "data"
	setDatabase = "database"
	setKeyFile  = "key-file"
	setBus      = "bus"
	setDrain    = "drain"
	setListen   = "listen"
	setPublic   = "public-url"
	setCert     = "tls-cert"
	setKey      = "tls-key"
	setProxies  = "trusted-proxy"
	setRPID     = "passkey-rp-id"
	setOrigins  = "passkey-origin"
	setApple    = "apple-app-id"
	setAndroid  = "android-app"
	setGrantAge = "grant-age"
	setWeb      = "web-origin"
	setConsole  = "web-console-client"
	setTickets  = "ticket-passphrase"
	setNoTicket = "no-tickets"
	setLoad     = "load-test-from"
	setLogLevel = "log-level"
	setLogForm  = "log-format"
)

func serveSettings() *settings {
	return newSettings("serve",
		setting{name: setData, value: defaultDataDir(), usage: "folder of the database; made with mode 0700"},
		setting{name: setDatabase, secret: true, usage: "address of a PostgreSQL database in place of a folder, postgres://user:password@host/name; any number of servers may run on it"},
		setting{name: setKeyFile, usage: "with --database: file of the secret that seals the servers' keys there, the same for all of them; or the secret itself in $HAM_KEY"},
		setting{name: setBus, secret: true, usage: "with --database: where the servers tell each other what happens, nats://host:4222 (default: the database itself)"},
		setting{name: setListen, value: "127.0.0.1:8484", usage: "address and port to listen on"},
		setting{name: setPublic, usage: "where browsers and apps reach the server: scheme, host and port (default: http://localhost:PORT when listening on loopback)"},
		setting{name: setCert, usage: "file of the TLS certificate chain; without it a reverse proxy must speak TLS"},
		setting{name: setKey, usage: "file of the TLS certificate's private key"},
		setting{name: setProxies, many: true, usage: "addresses or networks of reverse proxies whose X-Forwarded-For is believed, separated by commas"},
		setting{name: setRPID, usage: "name that passkeys belong to (default: the public URL's host); changing it loses them"},
		setting{name: setOrigins, many: true, usage: "further origins whose pages may use them, separated by commas"},
		setting{name: setApple, many: true, usage: "your own Ham apps for iPhones, which may then open this server's links and use its passkeys: TEAMID.bundle.id, separated by commas"},
		setting{name: setAndroid, many: true, usage: "your own Ham apps for Android, which may then open this server's links and use its passkeys: PACKAGE=FINGERPRINT, with the SHA-256 of the signing certificate, separated by commas"},
		setting{name: setGrantAge, value: "2160h", usage: "how long what a person allowed an app is not asked again, from 1m to 87600h"},
		setting{name: setWeb, many: true, usage: "origins of front ends whose browsers call /web/... directly, separated by commas; Ham Web needs none, as its own server passes the calls on"},
		setting{name: setConsole, usage: "client_id of Ham Web's own console"},
		setting{name: setTickets, value: "false", usage: "true: only a Ham app that says that its key has a passphrase may sign in a browser of Ham Web, which shows no number to type"},
		setting{name: setNoTicket, value: "false", usage: "true: no browser is signed in by a ticket of Ham Web at all"},
		setting{name: setDrain, value: "false", usage: "true: when told to stop, go on answering for 10 seconds while /readyz says so and those who wait are sent elsewhere"},
		setting{name: setLoad, many: true, usage: "addresses or small networks of the machines whose 'ham bench' may load this server, separated by commas; no limit on sign-ins and sockets of one address holds for them"},
		setting{name: setLogLevel, value: "info", usage: "least level that is logged: debug, info, warn or error"},
		setting{name: setLogForm, value: "text", usage: "text or json"},
	)
}

func newServeCommand(e *env) *cobra.Command {
	s := serveSettings()
	var printConfig bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the provider",
		Long: `serve runs the provider on a data folder, or on a database, until it is told to stop (Ctrl-C or
SIGTERM); then it tells waiting browsers to come back and lets what runs finish.

Each setting may come from its flag, from an environment variable (HAM_ and the
flag's name: --public-url is HAM_PUBLIC_URL), or from a TOML file (the flag's
name with _ for -: public_url = "https://ham.example"), in this order. The flag
of a list may also be repeated.`,
		Example: `  ham serve
  ham serve --data /var/lib/ham --listen :8484 --public-url https://ham.example
  ham serve --print-config`,
		GroupID: groupServer,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := s.resolve(cmd.Flags()); err != nil {
				return &usageError{err}
			}
			if printConfig {
				return s.print(e.stdout)
			}
			return serve(cmd.Context(), e, s)
		},
	}
	s.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&printConfig, "print-config", false, "show what is in force and where it comes from, and stop")
	return cmd
}

func serve(ctx context.Context, e *env, s *settings) error {
	log, err := newLogger(e, s)
	if err != nil {
		return &usageError{err}
	}
	trusted, err := parseProxies(s.get(setProxies))
	if err != nil {
		return &usageError{err}
	}
	apple, err := parseEach(setApple, s.get(setApple), server.ParseAppleApp)
	if err != nil {
		return &usageError{err}
	}
	android, err := parseEach(setAndroid, s.get(setAndroid), server.ParseAndroidApp)
	if err != nil {
		return &usageError{err}
	}
	grantAge, err := server.ParseGrantAge(s.get(setGrantAge))
	if err != nil {
		return &usageError{fmt.Errorf("--grant-age: %w", err)}
	}
	origins, err := parseEach(setWeb, s.get(setWeb), server.ParseWebOrigin)
	if err != nil {
		return &usageError{err}
	}
	loaders, err := parseEach(setLoad, s.get(setLoad), server.ParseLoadTestFrom)
	if err != nil {
		return &usageError{err}
	}
	passphrase, err := parseYes(s, setTickets)
	if err != nil {
		return err
	}
	drain, err := parseYes(s, setDrain)
	if err != nil {
		return err
	}
	noTickets, err := parseYes(s, setNoTicket)
	if err != nil {
		return err
	}
	public := s.get(setPublic)
	if err := checkServe(s, public, s.get(setCert) != ""); err != nil {
		return &usageError{err}
	}
	keySecret, err := readKeySecret(s)
	if err != nil {
		return err
	}
	certificate, err := loadCertificate(s.get(setCert), s.get(setKey))
	if err != nil {
		return err
	}
	listener, err := listen(ctx, s.get(setListen))
	if err != nil {
		return err
	}
	defer listener.Close()
	if public == "" {
		if public, err = loopbackURL(listener.Addr(), certificate != nil); err != nil {
			return &usageError{err}
		}
	}
	provider, err := server.Open(ctx, server.Config{
		DataDir: s.get(setData), Database: s.get(setDatabase), Bus: s.get(setBus), KeySecret: keySecret, Drain: drain, PublicURL: public, Log: log, TrustedProxies: trusted,
		PasskeyRPID: s.get(setRPID), PasskeyOrigins: splitList(s.get(setOrigins)),
		AppleApps: apple, AndroidApps: android, GrantAge: grantAge,
		WebOrigins: origins, WebConsoleClient: s.get(setConsole), TicketPassphrase: passphrase, NoTickets: noTickets,
		LoadTestFrom: loaders,
	})
	if err != nil {
		return err
	}
	if certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS12})
	}
	log.Info("ham serve is ready", "public_url", provider.PublicURL(), "listen", listener.Addr().String(), "data", dataOf(s))
	err = provider.Serve(ctx, listener)
	if err == nil {
		log.Info("ham serve has stopped")
	}
	return errors.Join(err, provider.Close())
}

// parseYes reads a setting that is true or false.
func parseYes(s *settings, name string) (bool, error) {
	yes, err := strconv.ParseBool(s.get(name))
	if err != nil {
		return false, &usageError{fmt.Errorf("--%s: %q is neither true nor false", name, s.get(name))}
	}
	return yes, nil
}

// checkServe finds what cannot work before anything is opened.
func checkServe(s *settings, public string, tls bool) error {
	switch {
	case s.get(setDatabase) != "" && s.given(setData):
		return errors.New("--data and --database do not go together: the data are in a folder or in a database")
	case s.get(setDatabase) == "" && s.get(setData) == "":
		return errors.New("no data folder is given: name one with --data")
	case s.get(setDatabase) == "" && s.get(setBus) != "":
		return errors.New("--bus goes with --database: one server on a data folder has nobody to tell")
	case s.get(setDatabase) == "" && s.get(setKeyFile) != "":
		return errors.New("--key-file goes with --database: a data folder keeps its keys itself")
	}
	if bus := s.get(setBus); bus != "" {
		if _, err := server.ParseBus(bus); err != nil {
			return fmt.Errorf("--bus: %w", err)
		}
	}
	if public == "" {
		return nil
	}
	parsed, err := server.ParsePublicURL(public)
	if err != nil {
		return err
	}
	if tls && !strings.HasPrefix(parsed, "https://") {
		return fmt.Errorf("the public URL %s is plain http, but --tls-cert makes the server speak TLS: begin it with https://", public)
	}
	return nil
}

// listen takes an address of IPv4 as just that. Nobody has to be probed by the
// system: a silent peer is dropped by the server, whatever it is silent about.
func listen(ctx context.Context, address string) (net.Listener, error) {
	network := "tcp"
	if host, _, err := net.SplitHostPort(address); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() {
			network = "tcp4"
		}
	}
	listener, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, network, address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listening on %s: %w; is another server running there? Choose another address with --listen", address, err)
	case err != nil:
		return nil, fmt.Errorf("listening on %s: %w; --listen takes an address and a port, such as 127.0.0.1:8484", address, err)
	}
	return listener, nil
}

// loopbackURL is the public URL of a server that only this machine reaches.
// It says localhost, since passkeys and cookies want a name.
func loopbackURL(address net.Addr, tls bool) (string, error) {
	tcp, ok := address.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return "", fmt.Errorf("give --public-url: where browsers reach a server that listens on %s cannot be guessed", address)
	}
	scheme := "http"
	if tls {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: fmt.Sprintf("localhost:%d", tcp.Port)}).String(), nil
}

func loadCertificate(cert, key string) (*tls.Certificate, error) {
	if cert == "" && key == "" {
		return nil, nil //nolint:nilnil // no certificate, no fault
	}
	if cert == "" || key == "" {
		return nil, usagef("--tls-cert and --tls-key go together")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("reading the TLS certificate: %w", err)
	}
	return &pair, nil
}

func parseProxies(text string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			ip, err := netip.ParseAddr(part)
			if err != nil {
				return nil, fmt.Errorf("--trusted-proxy: %q is no address or network such as 10.0.0.0/8", part)
			}
			prefix = netip.PrefixFrom(ip, ip.BitLen())
		}
		all = append(all, prefix)
	}
	return all, nil
}

// splitList splits at commas and leaves out what is empty.
func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// parseEach reads the parts of a list that the flag called name gives.
func parseEach[T any](name, list string, parse func(string) (T, error)) (all []T, err error) {
	for _, part := range splitList(list) {
		one, err := parse(part)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func newLogger(e *env, s *settings) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.get(setLogLevel))); err != nil {
		return nil, fmt.Errorf("--log-level: %q is not debug, info, warn or error", s.get(setLogLevel))
	}
	options := &slog.HandlerOptions{Level: level}
	switch s.get(setLogForm) {
	case "text":
		return slog.New(slog.NewTextHandler(e.stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(e.stderr, options)), nil
	}
	return nil, fmt.Errorf("--log-format: %q is neither text nor json", s.get(setLogForm))
}

// defaultDataDir is where the XDG base directories put a program's data.
func defaultDataDir() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ham")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "ham-data"
	}
	return filepath.Join(home, ".local", "share", "ham")
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("this command takes no arguments, and was given %q", args[0])
	}
	return nil
}
