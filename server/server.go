package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/account"
	"hamconnect/server/internal/agree"
	"hamconnect/server/internal/appapi"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/bus"
	"hamconnect/server/internal/claim"
	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/consent"
	"hamconnect/server/internal/desk"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/ham"
	"hamconnect/server/internal/hamweb"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/openmaster"
	"hamconnect/server/internal/password"
	"hamconnect/server/internal/person"
	"hamconnect/server/internal/phone"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Server is a running provider.
type Server struct {
	config     Config
	db         *store.DB
	pages      *web.Pages
	links      appLinks
	ham        *ham.Ham
	openMaster *openmaster.OpenMaster
	desk       *desk.Desk
	app        *appapi.App
	account    *account.Account
	phone      *phone.Phone
	consent    *consent.Consent
	hamweb     *hamweb.Web
	proxies    proxies
	nodes      *bus.Nodes // others on the same database; nil where there can be none
	handler    http.Handler
	unlock     func() error
	complaints *limit.Rate // of overload, in the log
	draining   atomic.Bool
	pings      singleflight.Group // of the database, for readyz
	leaving    chan struct{}      // closed when it drains

	beside  context.Context //nolint:containedctx // of what runs beside requests, as long as the server
	stop    context.CancelFunc
	running sync.WaitGroup
	closing sync.Once
}

// publicURLSetting tells commands beside the server where it is reached.
const publicURLSetting = "public_url"

// Open takes the data folder for this process, brings its database up to date
// and starts what runs beside requests. The caller closes the server.
func Open(ctx context.Context, config Config) (*Server, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	db, unlock, err := openStore(ctx, config)
	if err != nil {
		return nil, err
	}
	if config.Now == nil {
		config.Now = db.Now
	}
	db.Now = config.Now
	s := &Server{config: config, db: db, unlock: unlock, proxies: proxies(config.TrustedProxies), leaving: make(chan struct{})}
	s.beside, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.wire(ctx); err != nil {
		s.stop()
		return nil, errors.Join(err, db.Close(), unlock())
	}
	s.warnOfLoad()
	s.running.Go(func() { s.desk.Run(s.beside) })
	if s.nodes != nil {
		s.running.Go(func() { s.nodes.Run(s.beside) })
	}
	s.running.Go(func() { db.KeepTime(s.beside) })
	s.running.Go(func() { s.alone(s.beside, job{"sweeping expired rows", sweepEvery, s.sweep}) })
	return s, nil
}

// openStore opens the database. A data folder is for one server at a time; a
// database on PostgreSQL for any number.
func openStore(ctx context.Context, config Config) (db *store.DB, unlock func() error, err error) {
	if config.Database != "" {
		db, err = store.OpenPostgres(ctx, config.Database, store.NewKeySeal(config.KeySecret), config.MachineClock)
		return db, func() error { return nil }, err
	}
	unlock, err = store.LockFolder(config.DataDir)
	if err != nil {
		return nil, nil, err
	}
	db, err = store.Open(ctx, config.DataDir)
	if err != nil {
		return nil, nil, errors.Join(err, unlock())
	}
	return db, unlock, nil
}

// wire makes the doors and tells each what it needs of the others.
func (s *Server) wire(ctx context.Context) error {
	c, l := s.config, s.config.Limits
	if err := s.db.SetWhereFinished(ctx, publicURLSetting, c.PublicURL); errors.Is(err, store.ErrUnfinished) {
		return err
	} else if err != nil {
		return fmt.Errorf("storing the public URL: %w", err)
	}
	openID, err := s.db.Key(ctx, "open_id")
	if err != nil {
		return err
	}
	pairingKey, err := s.db.Key(ctx, "pairing")
	if err != nil {
		return err
	}
	formKey, err := s.db.Key(ctx, "form")
	if err != nil {
		return err
	}
	if s.pages, err = web.New(s.scopeTexts); err != nil {
		return err
	}
	if s.links, err = newAppLinks(c.AppleApps, c.AndroidApps); err != nil {
		return err
	}
	perKey := func(r Rate) *limit.Rate { return limit.PerKey(r.Every, r.Burst, c.Now) }
	s.complaints = perKey(Rate{time.Minute, 1})
	wakes, codes, sandbox := bus.NewLocal(), pairing.NewCodes(pairingKey), isSandbox(c.PublicURL)
	s.db.Changed = func(w store.Wake) { wakes.Publish(w.Topic) }
	if c.Database != "" {
		s.nodes = (&bus.Nodes{Local: wakes, Carrier: c.carrier(), Log: c.Log, Now: c.Now, Since: s.changedSince, Kept: store.WakesKept}).Join()
		s.db.Changed = func(w store.Wake) { s.nodes.Publish(bus.Wake(w)) }
	}
	s.db.OpenID = oauth.OpenIDKey(openID).OpenID
	clients := &clientauth.Clients{DB: s.db, Now: c.Now, Sandbox: sandbox, Failures: perKey(l.Failures)}
	s.ham = &ham.Ham{DB: s.db, Log: c.Log, Now: c.Now, Clients: clients, PublicURL: c.PublicURL, OpenIDKey: openID, Next: s.next}
	s.openMaster = &openmaster.OpenMaster{
		DB: s.db, Log: c.Log, Now: c.Now, Clients: clients, OpenIDKey: openID, Passwords: password.NewHasher(), GrantAge: c.GrantAge, Next: s.next,
	}
	follower := &follow.Follower{DB: s.db, Bus: wakes, Now: c.Now, Stopping: s.beside.Done()}
	sockets := limit.AtOnce(l.Sockets)
	s.desk = &desk.Desk{
		DB: s.db, Bus: wakes, Log: c.Log, Now: c.Now, PublicURL: c.PublicURL, Sandbox: sandbox,
		Codes: codes, Pages: s.pages, Follower: follower,
		Begins: perKey(l.Pairings), Sockets: sockets, Request: clients.Request,
		Begun: c.PairingBegun, GrantAge: c.GrantAge,
	}
	passkeys, err := s.relyingParty()
	if err != nil {
		return err
	}
	s.desk.Passkeys = passkeys != nil
	keeper := browser.Keeper{DB: s.db, Log: c.Log, Now: c.Now, Key: formKey, Secure: strings.HasPrefix(c.PublicURL, "https://")}
	s.account = &account.Account{
		DB: s.db, Log: c.Log, Now: c.Now, Pages: s.pages, Keeper: account.Keep(keeper), SignIn: s.desk.SignInHere,
		Passkeys: passkeys, Tries: perKey(l.Pairings), Recoveries: perKey(l.Recoveries), Changes: perKey(l.Changes), Uploads: limit.AtOnce(1),
		Enrolment: s.Admin().enrolment,
	}
	acts := &person.Acts{DB: s.db, Now: c.Now, PublicURL: c.PublicURL, Speaks: s.pages.Speaks, PasskeysOff: passkeys == nil}
	acts.Pictures = picture.New(picture.Config{AllowLoopback: sandbox, Own: acts.Avatar})
	s.desk.Pictures, s.account.Pictures, s.account.Acts = acts.Pictures, acts.Pictures, acts
	s.desk.FromPairing, s.desk.SignedIn, s.desk.Remembered = s.account.Keeper.FromPairing, s.account.SignedIn, s.account.Remembered
	agreements := &agree.Agreements{DB: s.db, Log: c.Log, Now: c.Now, Asks: perKey(l.Asks), GrantAge: c.GrantAge, Request: clients.Request}
	s.consent = &consent.Consent{
		DB: s.db, Log: c.Log, Pages: s.pages, Sandbox: sandbox, Agreements: agreements,
		Visitor: func(w http.ResponseWriter, r *http.Request) (session.Session, oauth.User, error) {
			v, err := s.account.Visitor(w, r)
			return v.Session, v.User, err
		},
	}
	s.hamweb = &hamweb.Web{
		Keeper: hamweb.Keep(keeper), Log: c.Log, Now: c.Now, Pages: s.pages, PublicURL: c.PublicURL, Codes: codes,
		Follower: follower, Agreements: agreements, Clients: clients, Passkeys: passkeys,
		Begins: perKey(l.Pairings), Changes: s.account.Changes, Waits: sockets, Stripped: perKey(Rate{time.Minute, 1}),
		Origins: c.WebOrigins, Console: c.WebConsoleClient, Passphrase: c.TicketPassphrase, NoTickets: c.NoTickets, Begun: c.PairingBegun,
	}
	claims := &claim.Claims{DB: s.db, Log: c.Log, Now: c.Now, Codes: codes, Follower: follower}
	s.app = &appapi.App{
		DB: s.db, Log: c.Log, Now: c.Now, PublicURL: c.PublicURL,
		Pages: s.pages, Passkey: passkeys != nil, Acts: acts, Pictures: acts.Pictures,
		Bus: wakes, Streams: limit.AtOnce(4), Uploads: s.account.Uploads, Enrols: perKey(l.Enrols), Calls: perKey(l.Calls),
		Follower: follower, Claims: claims, GrantAge: c.GrantAge, Request: clients.Request, Leaving: s.leaving, LeaveWithin: drainFor,
	}
	s.phone = &phone.Phone{
		DB: s.db, Log: c.Log, Now: c.Now, PublicURL: c.PublicURL, Secure: keeper.Secure, Codes: codes, Pages: s.pages,
		Claims: claims, Passkeys: passkeys, Tries: perKey(l.Pairings), Waits: sockets, Follower: follower,
		Visitor: func(w http.ResponseWriter, r *http.Request) (string, error) {
			v, err := s.account.Visitor(w, r)
			if errors.Is(err, account.ErrSignedOut) {
				return "", nil
			}
			return v.User.ID, err
		},
	}
	s.handler = s.routes()
	return nil
}

// scopeTexts gives what people are told about a scope that the operator has
// defined.
func (s *Server) scopeTexts(name string) (web.ScopeTexts, bool) {
	ctx, cancel := context.WithTimeout(s.beside, 5*time.Second)
	defer cancel()
	scope, err := s.db.Scope(ctx, name)
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil {
			s.config.Log.Error("looking up a scope", "error", err)
		}
		return web.ScopeTexts{}, false
	}
	return web.ScopeTexts{"en": scope.En, "zh-Hans": scope.Zh, "ja": scope.Ja}, true
}

// Handler answers every route.
func (s *Server) Handler() http.Handler { return s.handler }

// Admin works on the same data.
func (s *Server) Admin() *Admin {
	return &Admin{db: s.db, now: s.config.Now, publicURL: s.config.PublicURL}
}

// PublicURL is the one of the configuration, in its one form.
func (s *Server) PublicURL() string { return s.config.PublicURL }

// stopWithin is how long requests under way may take once the server stops.
const stopWithin = 4 * time.Second

// Serve answers on listener until ctx ends, then stops: it accepts nothing
// more, tells the waiting browsers to come back, lets what runs finish, and
// returns nil. With Config.Drain it first lets those go elsewhere who wait.
// Serve is called once.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	httpServer := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      45 * time.Second, // longer than a long poll
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          quietLog(s.config.Log),
	}
	var silent silentConnections
	httpServer.ConnState = silent.note
	failed := make(chan error, 1)
	go func() { failed <- httpServer.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	if s.config.Drain {
		s.drain()
	}
	s.stop() // long polls answer now
	s.desk.CloseSockets()
	s.app.CloseStreams()
	silent.close()
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := httpServer.Shutdown(within); err != nil {
		s.config.Log.Warn("some requests were cut off", "error", err)
		return httpServer.Close()
	}
	return nil
}

// Close ends what runs beside requests and closes the database.
func (s *Server) Close() (err error) {
	s.closing.Do(func() {
		s.stop()
		s.desk.CloseSockets()
		s.app.CloseStreams()
		s.desk.FinishAsks() // now: until here requests were answered
		s.running.Wait()
		err = errors.Join(s.db.Close(), s.unlock())
	})
	return err
}
