package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/rogpeppe/go-internal/testscript"

	"hamconnect/passkey/softkey"
	"hamconnect/qr"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// TestScripts runs the stories of testdata/script. They drive the real command
// as scripts of its users do; what a script cannot do by itself (be a browser,
// move a clock) is done by these commands:
//
//	exits CODE PROGRAM ARGS…   runs it and wants that very exit code
//	take FIELD=VARIABLE…       reads fields of the JSON on standard output
//	line VARIABLE              the only line of standard output
//	curl STATUS ARGS…          curl -sS -i ARGS, and wants that HTTP status
//	port VARIABLE              a free port
//	database VARIABLE          an empty database on PostgreSQL; without one the script is skipped
//	pooler DATABASE VARIABLE   PgBouncer before it
//	serve start|stop|crash …   ham serve as a process; stop is SIGTERM and wants exit code 0 in 5 s
//	demo start|until|stop …    ham demo, in the same way; until waits for what a REGEXP matches, stop is Ctrl-C
//	hamweb start|behind|login  Ham Web's stand-in; see hamWebCommand
//	browser …                  a desktop browser; see browserCommand
//	provider                   a provider in this process whose clock can be moved
//	clock DURATION             moves it
//	phone …                    a Ham app that lives by that clock; see phoneCommand
//	other NUMBER VARIABLE      a check number that is not NUMBER
//	conforms NAME FILE         the file holds JSON as ham schema NAME says
//	aligned FILE WIDTH         the last column begins at the same cell in each line; none is wider
//	softkey add|login …        a browser with a passkey; see softkeyCommand
//	follow start|until|stop …  ham activity --follow; see besideCommand
//	watch start|until|say …    ham watch; see besideCommand
//	bench start|until|stop …   ham bench; see besideCommand
//	node start|until|stop …    one more ham serve; see besideCommand
//	import start|stop …        ham import; see besideCommand
//
// All that ham prints with --json is besides compared with its schema.
func TestScripts(t *testing.T) {
	t.Parallel()
	if os.Getenv("CI") != "" {
		need(t, "curl") // elsewhere the scripts that need it are skipped
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Condition: func(name string) (bool, error) {
			switch name {
			case "postgres":
				return os.Getenv("HAM_TEST_DATABASE") != "", nil
			case "pgbouncer":
				_, err := pgBouncer()
				return err == nil || os.Getenv("CI") != "", nil
			}
			return false, fmt.Errorf("no condition is called %q", name)
		},
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, ".home")
			e.Setenv("HOME", home)
			e.Setenv("GORACE", os.Getenv("GORACE"))
			e.Values[storyKey{}] = &story{tb: t, beside: map[string]*process{}}
			return os.MkdirAll(home, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exitsCommand, "take": takeCommand, "line": lineCommand, "curl": curlCommand, "port": portCommand,
			"serve": serveCommand, "demo": demoCommand, "hamweb": hamWebCommand, "browser": browserCommand, "provider": providerCommand,
			"database": databaseCommand, "pooler": poolerCommand, "clock": clockCommand, "phone": phoneCommand, "other": otherCommand,
			"conforms": conformsCommand, "softkey": softkeyCommand, "follow": besideCommand("follow", "activity", "--follow"), "watch": besideCommand("watch", "watch"), "import": besideCommand("import", "import"), "bench": besideCommand("bench", "bench"), "node": besideCommand("node", "serve"), "aligned": alignedCommand,
		},
	})
}

// story is what the commands of one script remember.
type story struct {
	tb       testing.TB
	server   *process
	demo     *process
	hamWeb   *servertest.HamWeb
	browser  *servertest.Browser
	page     *servertest.Page
	socket   *servertest.Socket
	provider *servertest.Provider
	phone    *client.Account
	ask      *client.Ask
	key      *softkey.Authenticator
	beside   map[string]*process
}

type storyKey struct{}

func of(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

func usage(ts *testscript.TestScript, wrong bool, text string) {
	if wrong {
		ts.Fatalf("usage: %s", text)
	}
}

func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "exits CODE PROGRAM ARGS…")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if stderr := ts.ReadFile("stderr"); got != 0 && !strings.HasPrefix(stderr, "ham: ") || strings.Contains(stderr, "goroutine ") {
		ts.Fatalf("an error is told in a line that begins with ham:, this is\n%s", stderr)
	}
}

// takeCommand takes the last value of each field: approve prints an object for
// each step, and curl's headers come before a body.
func takeCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) == 0, "take FIELD=VARIABLE…")
	text := ts.ReadFile("stdout")
	if i := strings.IndexAny(text, "{["); i >= 0 {
		text = text[i:]
	}
	fields := map[string]any{}
	for d := json.NewDecoder(strings.NewReader(text)); d.More(); {
		ts.Check(d.Decode(&fields))
	}
	for _, arg := range args {
		field, variable, _ := strings.Cut(arg, "=")
		switch value := fields[field].(type) {
		case nil:
			ts.Fatalf("there is no %q", field)
		case string:
			ts.Setenv(variable, value)
		default:
			encoded, err := json.Marshal(value)
			ts.Check(err)
			ts.Setenv(variable, string(encoded))
		}
	}
}

func lineCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "line VARIABLE")
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func curlCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "curl STATUS ARGS…")
	ts.Check(ts.Exec("curl", append([]string{"-sS", "-i", "--max-time", "20"}, args[1:]...)...))
	status, _, _ := strings.Cut(ts.ReadFile("stdout"), "\r\n")
	if words := strings.Fields(status); len(words) < 2 || words[1] != args[0] {
		ts.Fatalf("the answer is %q, want %s", status, args[0])
	}
}

func portCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "port VARIABLE")
	port, err := freePort()
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(port))
}

// serveCommand starts a provider on $WORK/data and, from the second time on,
// on the port that it had. $URL is where it is.
func serveCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) == 0, "serve start|stop|crash")
	s := of(ts)
	switch args[0] {
	case "start":
		if ts.Getenv("PORT") == "" {
			portCommand(ts, false, []string{"PORT"})
		}
		ts.Setenv("URL", "http://localhost:"+ts.Getenv("PORT"))
		ts.Setenv("DATA", ts.MkAbs("data"))
		var err error
		place := []string{"--data", ts.Getenv("DATA")}
		if address := ts.Getenv("DATABASE"); address != "" {
			place = []string{"--database", address, "--public-url", ts.Getenv("URL")}
		}
		s.server, err = startProcess(environment(ts), ts.MkAbs("."), "ham", slices.Concat(
			[]string{"serve", "--listen", "127.0.0.1:" + ts.Getenv("PORT")}, place, args[1:])...)
		ts.Check(err)
		ts.Defer(s.server.kill)
		ts.Check(s.server.ready(ts.Getenv("URL")))
	case "stop":
		code, err := s.server.end(syscall.SIGTERM, 5*time.Second)
		ts.Check(err)
		if code != 0 {
			ts.Fatalf("exit code %d: %s", code, s.server.output.String())
		}
	case "crash":
		_, err := s.server.end(syscall.SIGKILL, 5*time.Second)
		ts.Check(err)
	case "log": // writes what it said so far to a file
		ts.Check(os.WriteFile(ts.MkAbs("serve.log"), []byte(s.server.output.String()), 0o600))
	default:
		ts.Fatalf("serve %s is not known", args[0])
	}
}

// environment is what processes beside a script are given of the script's.
func environment(ts *testscript.TestScript) (all []string) {
	for _, name := range []string{"HOME", "PATH", "TMPDIR", "GORACE"} {
		all = append(all, name+"="+ts.Getenv(name))
	}
	return all
}

// demoCommand starts a demo on ports $PORT and $APP_PORT; what it said until
// it was stopped is in demo.log.
func demoCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) == 0, "demo start|until|stop")
	s := of(ts)
	switch args[0] {
	case "start":
		var err error
		s.demo, err = startProcess(environment(ts), ts.MkAbs("."), "ham", append([]string{
			"demo", "--port", ts.Getenv("PORT"), "--app-port", ts.Getenv("APP_PORT"),
		}, args[1:]...)...)
		ts.Check(err)
		ts.Defer(s.demo.kill)
		address := regexp.MustCompile(`Open +(http://localhost:\d+)[\s\S]*The provider is (http://localhost:\d+)\.`)
		for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			if m := address.FindStringSubmatch(s.demo.output.String()); m != nil {
				ts.Setenv("APP_URL", m[1])
				ts.Setenv("URL", m[2])
				ts.Check(s.demo.ready(m[2]))
				break
			}
			if time.Now().After(deadline) {
				ts.Fatalf("the demo does not begin: %s", s.demo.output.String())
			}
		}
	case "stop":
		code, err := s.demo.end(os.Interrupt, 5*time.Second)
		ts.Check(err)
		if code != 0 {
			ts.Fatalf("exit code %d: %s", code, s.demo.output.String())
		}
	case "until":
		s.demo.says(ts, args[1])
	default:
		ts.Fatalf("demo %s is not known", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs("demo.log"), []byte(s.demo.output.String()), 0o600))
}

// browserCommand is a desktop browser:
//
//	browser open URL       a browser that was nowhere before opens a sign-in page; sets LINK, writes page.html
//	browser connect        the page's socket
//	browser until STATE    waits for the pairing to come to a state; sets NUMBER, NICKNAME
//	browser begin|poll     the same without a socket; sets STATE, LINK, NUMBER
//	browser cancel         sets STATE
//	browser finish         goes to the app; sets LOCATION, CODE
//	browser close          drops the socket
//
// With ! before it the server has to refuse; sets STATUS and writes page.html.
func browserCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 0, "browser open|connect|until|begin|poll|cancel|finish|close")
	s := of(ts)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var v servertest.View
	var err error
	switch args[0] {
	case "open":
		usage(ts, len(args) != 2, "browser open URL")
		u, parseErr := url.Parse(args[1])
		ts.Check(parseErr)
		s.browser = servertest.NewBrowser(u.Scheme + "://" + u.Host)
		if s.page, err = s.browser.Open(ctx, args[1]); err == nil {
			ts.Setenv("LINK", s.page.Link)
			ts.Check(os.WriteFile(ts.MkAbs("page.html"), []byte(s.page.HTML), 0o600))
		}
	case "connect":
		s.socket, err = s.page.Connect(ctx)
		if err == nil {
			v, err = s.socket.Next()
		}
	case "until":
		usage(ts, len(args) != 2, "browser until STATE")
		v, err = s.socket.Until(args[1])
	case "begin":
		v, err = s.page.Begin(ctx)
	case "poll":
		v, err = s.page.Poll(ctx)
	case "cancel":
		v, err = s.page.Cancel(ctx)
	case "close":
		err = s.socket.Close()
	case "finish":
		var location string
		if location, err = s.page.Finish(ctx); err == nil {
			ts.Setenv("LOCATION", location)
			u, parseErr := url.Parse(location)
			ts.Check(parseErr)
			ts.Setenv("CODE", u.Query().Get("code"))
		}
	default:
		ts.Fatalf("browser %s is not known", args[0])
	}
	if refused, ok := errors.AsType[*servertest.StatusError](err); ok && neg {
		ts.Setenv("STATUS", strconv.Itoa(refused.Status))
		ts.Check(os.WriteFile(ts.MkAbs("page.html"), []byte(refused.Body), 0o600))
		return
	}
	ts.Check(err)
	if neg {
		ts.Fatalf("the server did not refuse")
	}
	if v.State != "" {
		ts.Setenv("STATE", v.State)
		if v.Number != 0 {
			ts.Setenv("NUMBER", strconv.Itoa(v.Number))
		}
		if v.Link != "" {
			ts.Setenv("LINK", v.Link)
		}
		if v.Account != nil {
			ts.Setenv("NICKNAME", v.Account.Nickname)
		}
	}
}

// scriptTB ends what servertest makes with the script, not with all of them.
type scriptTB struct {
	testing.TB
	ts *testscript.TestScript
}

func (t scriptTB) Helper()          {}
func (t scriptTB) Cleanup(f func()) { t.ts.Defer(f) }
func (t scriptTB) Fatal(a ...any)   { t.ts.Fatalf("%v", a) }
func (t scriptTB) Error(a ...any)   { t.ts.Logf("%v", a) }
func (t scriptTB) TempDir() string {
	dir, err := os.MkdirTemp(t.ts.Getenv("WORK"), "provider-")
	t.ts.Check(err)
	return dir
}

func providerCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) > 0, "provider")
	s := of(ts)
	s.provider = servertest.Start(scriptTB{s.tb, ts}, nil)
	ts.Setenv("URL", s.provider.URL)
	ts.Setenv("DATA", s.provider.DataDir)
}

func clockCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "clock DURATION")
	by, err := time.ParseDuration(args[0])
	ts.Check(err)
	of(ts).provider.Clock.Advance(by)
}

// phoneCommand is a Ham app in this process, whose clock is the provider's:
//
//	phone login LINK   phone claim LINK   phone approve NUMBER   phone deny
//
// With ! before it the call has to fail; sets REFUSAL to the failure's words
// and EXIT to the exit code that ham would have ended with.
func phoneCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 0, "phone login|claim|approve|deny")
	s := of(ts)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	link := qr.Link{}
	var err error
	if args[0] == "login" || args[0] == "claim" {
		link, err = qr.ParseLink(args[1])
		ts.Check(err)
	}
	switch args[0] {
	case "login":
		var account *client.Account
		account, err = client.Enroll(ctx, link, client.Options{Dir: ts.MkAbs("phone"), DeviceName: "phone", Replace: true, Now: s.provider.Clock.Now})
		if err == nil {
			s.phone = account
		}
	case "claim":
		s.ask, err = s.phone.Claim(ctx, link.Code)
	case "approve":
		number, parseErr := strconv.Atoi(args[1])
		ts.Check(parseErr)
		_, err = s.phone.Approve(ctx, s.ask, number, s.ask.ScopeNames())
	case "deny":
		_, err = s.phone.Deny(ctx, s.ask)
	default:
		ts.Fatalf("phone %s is not known", args[0])
	}
	switch {
	case neg && err == nil:
		ts.Fatalf("it was not refused")
	case neg:
		ts.Setenv("REFUSAL", err.Error())
		ts.Setenv("EXIT", strconv.Itoa(exitCode(err)))
	default:
		ts.Check(err)
	}
}

// alignedCommand looks at a table as a terminal shows it. The last column is
// one word.
func alignedCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "aligned FILE WIDTH")
	most, err := strconv.Atoi(args[1])
	ts.Check(err)
	at := -1
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		line = strings.TrimSuffix(line, "\n")
		if w := ansi.StringWidth(line); w > most {
			ts.Fatalf("%d cells: %s", w, line)
		}
		head := line[:strings.LastIndex(line, "  ")+2]
		if at >= 0 && ansi.StringWidth(head) != at {
			ts.Fatalf("not aligned: %s", line)
		}
		at = ansi.StringWidth(head)
	}
}

// softkeyCommand is a browser with an authenticator:
//
//	softkey add LINK   makes a passkey, each time on a new authenticator, by a link of ham passkeys add
//	softkey login      signs a new browser in with the last one
func softkeyCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) == 0, "softkey add LINK|login")
	s := of(ts)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	origin := ts.Getenv("URL")
	b := servertest.NewBrowser(origin)
	post := func(path string, message any) (answer struct {
		Ceremony string
		Options  json.RawMessage
	},
	) {
		status, text, err := b.PostJSON(ctx, path, message)
		ts.Check(err)
		if status != http.StatusOK {
			ts.Fatalf("%s answered %d %s", path, status, text)
		}
		ts.Check(json.Unmarshal(text, &answer))
		return answer
	}
	switch args[0] {
	case "add":
		code := args[1][strings.LastIndex(args[1], "/")+1:]
		begun := post("/passkeys/add/options", map[string]any{"code": code})
		s.key = softkey.Synced()
		made, err := s.key.Create(begun.Options, origin)
		ts.Check(err)
		post("/passkeys/add", map[string]any{"code": code, "ceremony": begun.Ceremony, "answer": json.RawMessage(made)})
	case "login":
		begun := post("/passkeys/login/options", nil)
		signed, err := s.key.Get(begun.Options, origin)
		ts.Check(err)
		post("/passkeys/login", map[string]any{"ceremony": begun.Ceremony, "answer": json.RawMessage(signed)})
	default:
		ts.Fatalf("softkey %s is not known", args[0])
	}
}

// besideCommand is a ham that goes on while the script does:
//
//	follow start ARGS…   starts it
//	follow until REGEXP  waits until it has printed that
//	follow say TEXT      writes a line to its standard input
//	follow stop CODE     sends SIGINT and wants that exit code; what it printed is in follow.log
//	follow ended CODE    waits for it to end by itself
func besideCommand(name string, command ...string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		usage(ts, neg || len(args) == 0, name+" start|until|say|stop|ended")
		all := of(ts).beside
		p := all[name]
		switch args[0] {
		case "start":
			p, err := startProcess(environment(ts), ts.MkAbs("."), "ham", append(command[:len(command):len(command)], args[1:]...)...)
			ts.Check(err)
			ts.Defer(p.kill)
			all[name] = p
		case "until":
			p.says(ts, args[1])
		case "say":
			_, err := io.WriteString(p.stdin, strings.Join(args[1:], " ")+"\n")
			ts.Check(err)
		case "stop", "ended":
			usage(ts, len(args) != 2, name+" stop|ended CODE")
			want, err := strconv.Atoi(args[1])
			ts.Check(err)
			if args[0] == "ended" {
				select {
				case <-p.ended:
				case <-time.After(patience):
					ts.Fatalf("it does not end: %s", p.output.String())
				}
			}
			got, err := p.end(os.Interrupt, 5*time.Second)
			ts.Check(err)
			if got != want {
				ts.Fatalf("exit code %d, want %d: %s", got, want, p.output.String())
			}
			ts.Check(os.WriteFile(ts.MkAbs(name+".log"), []byte(p.output.String()), 0o600))
		default:
			ts.Fatalf("%s %s is not known", name, args[0])
		}
	}
}

// says waits until a process has printed what a regular expression matches.
func (p *process) says(ts *testscript.TestScript, expression string) {
	pattern, err := regexp.Compile("(?m)" + expression)
	ts.Check(err)
	for deadline := time.Now().Add(patience); !pattern.MatchString(p.output.String()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waited in vain for %s in\n%s", expression, p.output.String())
		}
	}
}

func otherCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "other NUMBER VARIABLE")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Setenv(args[1], strconv.Itoa(10+(n-10+1)%90))
}

func TestEveryCommandHelpsWithAnExample(t *testing.T) {
	root := newRootCommand(&env{})
	finish(root, new(bool))
	var walk func(path []string)
	walk = func(path []string) {
		out, stderr, code := ham(t, "", append(path, "--help")...)
		if code != 0 || stderr != "" || !strings.Contains(out, "Examples:\n  ham ") || !strings.Contains(out, "Usage:\n") {
			t.Errorf("ham %s --help: %d\n%s%s", strings.Join(path, " "), code, out, stderr)
		}
		for _, line := range strings.Split(out, "\n") {
			if len([]rune(line)) > 240 {
				t.Errorf("ham %s --help has a line of %d characters: %s", strings.Join(path, " "), len(line), line)
			}
		}
		found, _, err := root.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found.Commands() {
			walk(append(path[:len(path):len(path)], c.Name()))
		}
	}
	walk(nil)
}
