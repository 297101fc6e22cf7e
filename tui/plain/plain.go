package plain

import (
	"context"
	"embed"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/texts"
)

// Options say what the app starts with.
type Options struct {
	Account *client.Account // nil asks for an enrol link first
	Client  client.Options  // for that, and for the accounts of this device
	Link    string          // looked at right away if not empty; a link or a picture's path
	Note    string          // what else the person should know, said first

	Language string // en, zh or ja, unless the person has chosen one on the server

	In     io.Reader  // os.Stdin if nil
	Out    io.Writer  // os.Stdout if nil
	Width  func() int // of the terminal, in cells; nil or 0 where it is not known
	NoEcho bool       // no terminal shows what is typed, and the end of that line

	Browse func(url string) error // opens the system's browser; nil only says the address
	Now    func() time.Time       // time.Now if nil; moments are told in its place

	// Hide stops the terminal from showing what is typed, until show is called;
	// nil where there is nothing to hide, or nothing that shows it.
	Hide func() (show func(), err error)
}

// Run talks with the person until they leave, the input or ctx ends. An error
// is one of the output.
func Run(ctx context.Context, o Options) error {
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	if o.Client.Dir == "" {
		dir, err := client.DefaultDir()
		if err != nil {
			return err
		}
		o.Client.Dir = dir // accounts are told apart by their folders
	}
	o.Client.Passphrase = nil // it would read what is typed here; see unlock
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends what listens and watches
	s := newSession(ctx, o)
	if o.Account != nil {
		s.account = newAccount(o.Account)
	}
	return s.run(o.Link, o.Note)
}

//go:embed text/*.toml
var textFiles embed.FS

var catalogue = sync.OnceValue(func() texts.Catalogue { return texts.Load(textFiles, "plain") })

// DumbTerminal is a note for who gets this form because their terminal is
// called "dumb".
func DumbTerminal(language string) string {
	return catalogue().Speak(language).Get("start.dumb")
}

// session is a conversation. Only its own goroutine touches it.
type session struct {
	ctx    context.Context //nolint:containedctx // of the conversation
	out    io.Writer
	failed error // the output is gone
	width  func() int
	noEcho bool
	open   bool // the line is a question's, and has not ended
	lines  <-chan line
	events chan event

	texts   texts.Texts
	local   string    // the language of the environment
	explain string    // the text for "?"
	typed   time.Time // when a line was typed last
	hide    func() (show func(), err error)
	now     func() time.Time
	browse  func(url string) error

	account *account // nil before the sign-in
	begun   bool     // the account's notices were told
	why     string   // why there is no account any more
	hush    context.CancelFunc
	offline bool            // the connection for news is not there
	aside   *aside          // a request that was left without an answer, nil for none
	told    map[string]bool // ids of notices and requests that were told
	seen    map[string]bool // ids of notices that were marked as seen

	options  client.Options
	enroll   func(ctx context.Context, text string, o client.Options) (*account, error)
	accounts func() ([]kept, error)
	use      func(folder string) (*account, error)
}

func newSession(ctx context.Context, o Options) *session {
	if o.Now == nil {
		o.Now = time.Now
	}
	lines := make(chan line)
	go readLines(ctx, o.In, lines)
	s := &session{
		ctx: ctx, out: o.Out, width: o.Width, noEcho: o.NoEcho, lines: lines, events: make(chan event),
		texts: catalogue().Speak(o.Language), local: o.Language, now: o.Now, typed: o.Now(), browse: o.Browse, hide: o.Hide,
		told: map[string]bool{}, seen: map[string]bool{},
		options: o.Client, enroll: enroll,
	}
	s.accounts = func() ([]kept, error) { return accountsOf(o.Client) }
	s.use = func(folder string) (*account, error) { return use(o.Client, folder) }
	return s
}

// run goes from one screen to the next. Whatever goes wrong in one is told,
// and the menu comes again.
func (s *session) run(link, note string) error {
	s.sayAll(note)
	s.say("start.hello")
	for {
		var err error
		switch {
		case s.account == nil:
			err = s.login(link)
			link = ""
		case s.account.locked():
			err = s.unlock()
		case !s.begun:
			err = s.begin()
		case link != "":
			text := link
			link = ""
			err = s.look(text)
		default:
			err = s.menu()
		}
		switch {
		case err == nil, errors.Is(err, errBack), errors.Is(err, errLocked):
		case errors.Is(err, errLeave):
			s.say("start.bye")
			return s.failed
		case errors.Is(err, client.ErrNotSignedIn):
			s.removed()
		default:
			s.tell(err)
		}
	}
}

// begin listens to the account and tells what is new.
func (s *session) begin() error {
	s.begun = true
	s.listen()
	if err := s.know(); err != nil {
		return err
	}
	s.say("start.who", s.account.name, s.account.host)
	if leaves := s.account.me.Leaves; leaves != nil {
		s.say("more.leaving", s.moment(*leaves))
	}
	s.newRequests()
	return s.tellNotices()
}

// take takes in what the server says about the person.
func (s *session) take(me pairing.Me) {
	unseen := me.Notices[:0:0]
	for _, n := range me.Notices {
		if !s.seen[n.ID] { // the answer may be older than the mark
			unseen = append(unseen, n)
		}
	}
	me.Notices = unseen
	s.account.become(me)
	s.texts = catalogue().Speak(me.Language, s.local)
}

// refresh asks who the person is after they have changed something. Without
// an answer what is known stays.
func (s *session) refresh() error {
	me, err := s.account.Me(s.ctx)
	if errors.Is(err, client.ErrNotSignedIn) {
		return err
	}
	if err == nil {
		s.take(me)
	}
	return nil
}

// know asks who the person is before something of that is changed: they should
// see what is to change as it is now.
func (s *session) know() error {
	me, err := s.account.Me(s.ctx)
	if err != nil {
		return s.fails("start.me", err)
	}
	s.take(me)
	return nil
}

// moment is the same in every language.
func (s *session) moment(at time.Time) string {
	return at.In(s.now().Location()).Format("2006-01-02 15:04")
}

// last is when something was used, if it was.
func (s *session) last(at *time.Time) string {
	if at == nil {
		return s.get("list.never")
	}
	return s.moment(*at)
}

func (s *session) get(key string, args ...any) string { return s.texts.Get(key, args...) }
