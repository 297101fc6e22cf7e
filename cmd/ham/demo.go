package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/cmd/ham/library"
	"hamconnect/server"
	"hamconnect/tui"
	"hamconnect/tui/client"
)

// demoOptions are the flags of ham demo.
type demoOptions struct {
	port, appPort      int
	portGiven          bool // and so no other will do
	appPortGiven       bool
	data               string
	dialect            server.Dialect
	hamWeb             string // origin of a Ham Web in front; empty: none
	open, app, approve bool
	delay              time.Duration
	form               appForm // of the app, with app
}

func newDemoCommand(e *env) *cobra.Command {
	var o demoOptions
	var accessible bool
	var dialect, hamWeb string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try a whole sign-in on this machine: provider, an app, and a person",
		Long: `demo starts a provider, "Campus Library", which is a small web app that signs
people in with it, and a made-up person named Lin whose Ham app is signed in. It
prints what to open and what to type, and then each step as it happens. It
listens on loopback only, and keeps nothing unless --data says where.`,
		Example: `  ham demo
  ham demo --open --app
  ham demo --approve --delay 2s
  ham demo --dialect openmaster
  ham demo --ham-web http://localhost:3000`,
		GroupID: groupServer,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.dialect = server.Dialect(dialect); o.dialect != server.Ham && o.dialect != server.OpenMaster {
				return usagef("--dialect %q is neither ham nor openmaster", dialect)
			}
			if cmd.Flags().Changed("ham-web") {
				var err error
				if o.hamWeb, err = parseHamWeb(hamWeb); err != nil {
					return err
				}
			}
			if o.app && o.approve {
				return usagef("--app and --approve do not go together: one lets you decide, the other decides for you")
			}
			if accessible && !o.app {
				return usagef("--accessible goes with --app")
			}
			o.form = formOf(e, accessible, cmd.Flags().Changed("accessible"))
			if o.app && o.form == noForm {
				return usagef("--app needs a terminal; use --app --accessible, --approve, or 'ham approve' beside the demo")
			}
			if cmd.Flags().Changed("delay") && !o.approve {
				return usagef("--delay goes with --approve")
			}
			if o.delay < 0 {
				return usagef("--delay must not be negative")
			}
			o.portGiven, o.appPortGiven = cmd.Flags().Changed("port"), cmd.Flags().Changed("app-port")
			return demo(cmd.Context(), e, o)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.port, "port", 8484, "port of the provider")
	flags.IntVar(&o.appPort, "app-port", 8485, "port of Campus Library")
	flags.StringVar(&dialect, "dialect", string(server.Ham), "what Campus Library speaks: ham or openmaster")
	flags.StringVar(&hamWeb, "ham-web", "", "where a Ham Web on this machine is or will be, such as http://localhost:3000: the provider is its backend")
	flags.StringVar(&o.data, "data", "", "folder to keep the data in, for the next time")
	flags.BoolVar(&o.open, "open", false, "open Campus Library in the browser")
	flags.BoolVar(&o.app, "app", false, "open the Ham app in this terminal")
	flags.BoolVar(&accessible, "accessible", false, "with --app: in lines, without a full screen (or ACCESSIBLE=1)")
	flags.BoolVar(&o.approve, "approve", false, "approve every sign-in by itself")
	flags.DurationVar(&o.delay, "delay", time.Second, "with --approve: how long to wait before scanning and before approving")
	return cmd
}

// stage is a running demo.
type stage struct {
	provider     *server.Server
	dialect      server.Dialect // of Campus Library
	publicURL    string
	libraryURL   string
	hamWeb       string // origin of the Ham Web in front; empty: none
	userID       string
	dataFolder   string // of the provider
	configFolder string // of the person's Ham app
	account      *client.Account
}

func demo(ctx context.Context, e *env, o demoOptions) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, remove, err := demoFolder(o.data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	out := &narrator{to: e.stdout, quiet: o.app}

	providerListener, err := listenLoopback(ctx, e, o.port, o.portGiven, "the provider")
	if err != nil {
		return err
	}
	defer providerListener.Close()
	libraryListener, err := listenLoopback(ctx, e, o.appPort, o.appPortGiven, "Campus Library")
	if err != nil {
		return err
	}
	defer libraryListener.Close()

	s := &stage{
		dialect: o.dialect, publicURL: localURL(providerListener), libraryURL: localURL(libraryListener),
		hamWeb:       o.hamWeb,
		dataFolder:   filepath.Join(dir, "provider"),
		configFolder: filepath.Join(dir, "app"),
	}
	begun := make(chan string, 16)
	config := server.Config{
		DataDir: s.dataFolder, PublicURL: s.publicURL, Log: out.logger(),
		PairingBegun: func(id string) {
			select {
			case begun <- id:
			default: // more at once than anybody watches
			}
		},
	}
	if s.hamWeb != "" {
		if err := s.apart(); err != nil {
			return err
		}
		if err := s.behind(ctx, dir, &config); err != nil {
			return err
		}
	}
	if s.provider, err = server.Open(ctx, config); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.provider.Close()) }()

	app, err := s.register(ctx, dir)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- s.provider.Serve(ctx, providerListener) }()
	go func() { ended <- serveLibrary(ctx, libraryListener, app) }()
	if err := s.signIn(ctx); err != nil {
		return err
	}
	if o.approve {
		go s.approveAll(ctx, out, begun, o.delay)
	}
	out.welcome(s, o, config.WebConsoleClient)
	if o.open {
		if err := tui.OpenBrowser(s.libraryURL); err != nil {
			out.line("The browser could not be opened: open %s yourself.", s.libraryURL)
		}
	}
	if o.app {
		err := o.form.show(ctx, e, tui.Options{
			Account: s.account, Client: client.Options{Dir: s.configFolder},
			Note: "Campus Library is at " + s.libraryURL + ": sign in there, and copy the link from its page.",
		})
		cancel()
		return errors.Join(err, <-ended, <-ended)
	}
	err = <-ended
	cancel()
	return errors.Join(err, <-ended)
}

// demoFolder is the folder to keep, or one that goes with the demo.
func demoFolder(keep string) (dir string, remove func() error, err error) {
	if keep != "" {
		dir, err := filepath.Abs(keep)
		if err != nil {
			return "", nil, err
		}
		return dir, func() error { return nil }, os.MkdirAll(dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "ham-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder for the demo: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// listenLoopback listens on port or, when it is taken and was not asked for, on
// the next free one.
func listenLoopback(ctx context.Context, e *env, port int, given bool, what string) (net.Listener, error) {
	if port < 0 || port > 65535 {
		return nil, usagef("port %d does not exist: choose one from 1 to 65535, or 0 for any", port)
	}
	var config net.ListenConfig
	for try := port; try < min(port+100, 65536); try++ {
		listener, err := config.Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", try))
		if err == nil {
			if try != port {
				fmt.Fprintf(e.stderr, "ham: port %d is taken, so %s is on port %d\n", port, what, try)
			}
			return listener, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || given {
			return nil, fmt.Errorf("listening for %s: %w; choose another port with --port or --app-port", what, err)
		}
	}
	return nil, fmt.Errorf("no port from %d on is free for %s; choose another with --port or --app-port", port, what)
}

// localURL says localhost: cookies and passkeys want a name.
func localURL(listener net.Listener) string {
	address := listener.Addr().String()
	return "http://localhost" + address[strings.LastIndex(address, ":"):]
}

func serveLibrary(ctx context.Context, listener net.Listener, c library.Config) error {
	httpServer := &http.Server{Handler: library.New(c).Handler(), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { httpServer.Close() })
	defer stop()
	if err := httpServer.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
