package plain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing/synctest"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
)

// conversations go through every screen; what is typed is the same in each
// language.
var conversations = map[string]struct {
	before func(p *person)
	steps  func(p *person)
}{
	"login": {
		func(p *person) { p.session.account = nil },
		func(p *person) {
			p.types("", "?")
			p.noLogin = refusal(pairing.FailNotFound, nil)
			p.types("https://ham.example/enroll/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
			p.noLogin = unreachable
			p.types("https://ham.example/enroll/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
			p.noLogin = nil
			p.types("https://ham.example/enroll/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "?", "")
		},
	},
	"consent": {nil, func(p *person) {
		p.types("1", "?", link, "?", "9 x", "2,3", "", "4", "17", "１")
		p.types("42", "")
		time.Sleep(20 * time.Second)
		p.types("b", "", "b", "", "42", "1")
		p.did("approved profile;is_student;")
		p.desktop(func(s *pairing.Status) { s.State = pairing.Finished })
	}},
	"consent-refused": {nil, func(p *person) {
		p.types("1", link, "r")
		p.types("1", link, "", "r")
		p.types("1", link, "", "42", "2")
		p.types("1", link, "", "42", "r")
		p.types("1", link, "", "11", "1", "12", "1", "13", "1")
		p.types("1", link, "b")
		p.did("denied", "denied", "denied", "denied")
	}},
	"consent-ends-by-itself": {nil, func(p *person) {
		p.types("1", link)
		p.desktop(func(s *pairing.Status) { s.Contested = 1 })
		p.types("")
		p.desktop(func(s *pairing.Status) { s.State = pairing.Expired })
		p.types("1", link)
		p.desktop(func(s *pairing.Status) { s.State = pairing.Cancelled })
		p.types("1", link)
		p.desktop(func(s *pairing.Status) { s.State = "" })
		p.fake.deaf = true
		p.types("1", link, "", "42", "1")
		p.desktop(func(s *pairing.Status) { s.State, s.Scopes = pairing.Approved, []string{"profile"} })
		p.desktop(func(s *pairing.Status) { s.State = pairing.Cancelled })
	}},
	"consent-sign-in": {
		func(p *person) { p.fake.signIn() },
		func(p *person) {
			p.types("1", link, "b")
			p.types("1", link, "42", "1")
			p.did("approved ")
			p.desktop(func(s *pairing.Status) { s.State = pairing.Finished })
		},
	},
	"consent-username": {
		func(p *person) { p.fake.asked.Username = "ada.lovelace" },
		func(p *person) {
			p.types("1", link, "1 3", "", "42", "1")
			p.did("approved ")
			p.desktop(func(s *pairing.Status) { s.State = pairing.Finished })
		},
	},
	"consent-ticket": {
		func(p *person) { p.fake.ticket() },
		func(p *person) {
			p.types("1", ticket, "b")
			p.types("1", ticket, "1", "1", "", "r")
			p.types("1", ticket, "1", "b", "1", ticket, "1", "y")
			p.did("denied", "confirmed")
		},
	},
	"deep-link": {
		func(p *person) { p.fake.redirects = "https://library.example/callback?code=SECRET" },
		func(p *person) {
			p.types("1", "ham://sso-authorize?client_id=library", "1", "", "1")
			p.did("approved email;")
			p.session.browse = nil
			p.types("1", "ham://sso-authorize?client_id=library", "3 1", "", "1")
			p.types("1", "ham://sso-authorize?client_id=library", "", "2")
		},
	},
	"scan-wrong": {nil, func(p *person) {
		p.types("1", "hello", "1", "/no/such.png", "1", "https://other.example/q/ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOPQRSTUVWXYZ")
		p.types("1", "https://ham.example/enroll/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		p.fake.fails = refusal(pairing.FailNotFound, nil)
		p.types("1", link)
		p.fake.fails = refusal(pairing.FailClaimed, nil)
		p.types("1", link)
	}},
	"requests": {
		func(p *person) { p.fake.me.Requests = []pairing.BrowserRequest{request()} },
		func(p *person) {
			p.types("2", "?", "1", "1", "3", "b", "2", "1")
			time.Sleep(20 * time.Second)
			p.types("b", "2", "1", "r", "1", link, "b")
			time.Sleep(time.Minute)
			p.types("2")
			p.fake.me.Requests = []pairing.BrowserRequest{request()}
			p.happens(nil)
			p.types("2", "1", "2", "no", "2", "1", "2", "yes", "2")
			p.did("denied", "reported ABCDEFGHIJKLMNOP")
		},
	},
	"apps": {nil, func(p *person) {
		p.types("3", "?", "1", "", "perhaps", "no", "1", "yes", "1", "y")
		p.did("revoke a1", "revoke a2")
	}},
	"devices": {nil, func(p *person) {
		p.types("4", "1", "2", "yes", "b")
		p.did("remove d2")
	}},
	"passkeys": {nil, func(p *person) {
		p.types("5", "2", "1", "Yubikey", "1", "2", "b", "1", "2", "yes", "2", "b")
		p.did("rename k2 Yubikey", "remove k1")
		p.fake.keys = nil
		p.types("5", "1", "b")
	}},
	"browsers": {nil, func(p *person) {
		p.types("6", "2", "yes", "b")
		p.did("end s2")
	}},
	"activity": {
		func(p *person) {
			for i := range 20 {
				p.fake.events = append(p.fake.events, pairing.Event{ID: fmt.Sprint("e", i+3), Title: fmt.Sprint("Event ", i+3), At: day(19, 1), Times: 1})
			}
		},
		func(p *person) { p.types("7", "1", "1") },
	},
	"profile": {nil, func(p *person) {
		picture := filepath.Join(p.t.TempDir(), "ada.png")
		if err := os.WriteFile(picture, []byte("png"), 0o600); err != nil {
			p.t.Fatal(err)
		}
		p.types("8", "1", "Ada Lovelace", "2", "/no/such/picture.png", "3", "yes")
		p.types("b")
		p.did("profile Ada Lovelace/-", "remove picture")
	}},
	"accounts": {
		func(p *person) {
			p.session.accounts = func() ([]kept, error) {
				return []kept{
					{"Ada@ham.example", "terminal", "d1", false, nil},
					{"Ada@other.example", "laptop", "d2", false, nil},
					{"Bob@ham.example", "laptop", "d3", true, nil},
					{"", "", "/home/ada/.config/ham/accounts/X", false, errBroken},
				}, nil
			}
			p.session.use = func(name string) (*account, error) {
				p.fake.did = append(p.fake.did, "use "+name)
				p.fake.passphrase = ""
				if name == "d3" {
					p.fake.passphrase = " correct horse "
					p.fake.isLocked.Store(true)
				}
				return p.account(name), nil
			}
		},
		func(p *person) {
			p.types("9", "2", "9", "3", "?", "correct house", "b", "b", " correct horse ", "9", "4", "9", "1")
			p.session.accounts = func() ([]kept, error) { return nil, nil }
			p.types("9", "1", "b")
			p.did("use d2", "use d3", "use d1")
		},
	},
	"accounts-add": {
		func(p *person) {
			p.session.accounts = func() ([]kept, error) { return []kept{{"Ada@ham.example", "terminal", "d1", false, nil}}, nil }
			p.session.enroll = func(_ context.Context, text string, o client.Options) (*account, error) {
				p.fake.did = append(p.fake.did, fmt.Sprint("enrol ", text, " ", o.Add, " ", o.Replace))
				return p.account("d9"), p.noLogin
			}
		},
		func(p *person) {
			p.types("9", "2", "?", "b")
			p.noLogin = failures.ErrSignInFirst
			p.types("9", "2", "one")
			p.noLogin = refusal(pairing.FailNotFound, nil)
			p.types("9", "2", "two")
			p.noLogin = nil
			p.types("9", "2", "three", "")
			p.did("enrol one true false", "enrol two true false", "enrol three true false")
		},
	},
	"idle": {
		func(p *person) { p.fake.passphrase = "correct horse" },
		func(p *person) {
			time.Sleep(9 * time.Minute)
			p.types("3")
			time.Sleep(9 * time.Minute)
			p.fake.me.Notices = []pairing.Notice{notice("n1", "New passkey: iCloud Keychain")}
			p.happens(nil) // that somebody else does something keeps nothing open
			time.Sleep(59 * time.Second)
			if p.fake.isLocked.Load() {
				p.t.Error("it is locked too soon")
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if !p.fake.isLocked.Load() {
				p.t.Error("it is not locked")
			}
			p.types("", "yes", "correct horse", "2")
			p.did()
		},
	},
	"more": {nil, func(p *person) {
		before, err := os.Getwd()
		if err != nil {
			p.t.Fatal(err)
		}
		defer os.Chdir(before)
		if err := os.Chdir(p.t.TempDir()); err != nil {
			p.t.Fatal(err)
		}
		p.types("10", "3", "", "3", "ham-account.json", "3", "b", "2", "yes", "4", "ada", "4", "Ada", "4", "b")
		p.did("may be asked", "deactivate", "keep")
	}},
	"language": {nil, func(p *person) {
		p.types("10", "1", "3", "1", "2", "1", "1", "b")
		p.did("profile -/zh", "profile -/en", "profile -/")
	}},
	"notices": {
		func(p *person) {
			p.fake.me.Notices = []pairing.Notice{notice("n3", "Account deactivated"), notice("n2", "New Ham app: Pixel 9"), notice("n1", "New passkey: iCloud Keychain")}
			p.fake.me.Notices[0].Kind, p.fake.me.Notices[1].Kind = pairing.NoticeLeaving, pairing.NoticeDevice
		},
		func(p *person) {
			p.types("?", "1", "2", "1", "11", "1", "11")
			p.did("seen n1", "seen n3", "seen n2")
		},
	},
	"news": {nil, func(p *person) {
		p.happens(unreachable)
		p.happens(unreachable)
		p.happens(nil)
		p.fake.me.Notices = []pairing.Notice{notice("n1", "New passkey: iCloud Keychain")}
		p.happens(nil)
		p.happens(nil)
		p.types("3")
		p.fake.me.Requests = []pairing.BrowserRequest{request()}
		p.happens(nil)
		p.types("b")
	}},
	"news-too-often": {nil, func(p *person) {
		p.happens(refusal(pairing.FailTooOften, nil))
		p.fake.me.Notices = []pairing.Notice{notice("n1", "New passkey: iCloud Keychain")}
		p.happens(refusal(pairing.FailTooOften, nil))
		p.types("3", "b")
		p.happens(nil)
	}},
	"errors": {nil, func(p *person) {
		p.fake.fails = unreachable
		p.types("3", "4", "10", "8")
		p.fake.fails = nil
		p.types("10", "3")
		p.fake.fails = unreachable
		p.types("")
		p.fake.fails = nil
		p.types("3", "1")
		p.fake.fails = refusal(pairing.FailLastWayIn, nil)
		p.types("yes")
		p.fake.fails = refusal(pairing.FailNotSignedIn, nil)
		p.types("3")
		p.fake.fails = nil
		p.types("https://ham.example/enroll/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	}},
	"removed": {nil, func(p *person) {
		p.types("3")
		p.happens(client.ErrNotSignedIn)
		synctest.Wait()
	}},
}
