package server_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"hamconnect/passkey/softkey"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

var passkeyMark = regexp.MustCompile(`name="passkey" value="([^"]+)"`)

func TestEveryWrongPasskeyIsRefusedForItsOwnReason(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	key := &softkey.Authenticator{}
	addPasskey(t, p, signedIn(t, p, phone), key)
	b := servertest.NewBrowser(p.URL)
	for name, c := range map[string]struct {
		origin string
		fault  softkey.Fault
		reason string
	}{
		"from another site":         {"https://evil.example", nil, "wrong_origin"},
		"from a sibling domain":     {"http://app.localhost", nil, "wrong_origin"},
		"from a look-alike":         {p.URL + ".evil.example", nil, "wrong_origin"},
		"from another port":         {"http://localhost:1", nil, "wrong_origin"},
		"in a frame of another":     {p.URL, softkey.CrossOrigin("https://evil.example"), "cross_origin"},
		"for another RP":            {p.URL, softkey.RPID("evil.example"), "wrong_rp_id"},
		"of the other kind":         {p.URL, softkey.Type("webauthn.create"), "wrong_type"},
		"for another challenge":     {p.URL, softkey.Challenge([]byte("another challenge of 32 bytes!!!")), "wrong_challenge"},
		"without user verification": {p.URL, softkey.NotVerified, "user_not_verified"},
		"without a person":          {p.URL, softkey.NotPresent, "user_not_present"},
		"with a bad signature":      {p.URL, softkey.BadSignature, "bad_signature"},
		"without a user handle":     {p.URL, softkey.NoUserHandle, "user_handle_missing"},
		"with an empty user handle": {p.URL, softkey.EmptyUserHandle, "user_handle_missing"},
		"with another user handle":  {p.URL, softkey.UserHandle([]byte("somebody else")), "user_handle_mismatch"},
		"with two ids":              {p.URL, softkey.RawID([]byte("another")), "id_mismatch"},
		"with an unknown id":        {p.URL, softkey.ID([]byte("unknown")), "unknown_credential"},
		"cut short":                 {p.URL, softkey.TruncateAuthData(5), "malformed"},
		"too large":                 {p.URL, softkey.Oversize(70 << 10), "too_large"},
		"too deep":                  {p.URL, softkey.Deep(5000), "malformed"},
		"with another flag BE":      {p.URL, softkey.FlipBackupEligible, "backup_eligible_changed"},
		"with BS but not BE":        {p.URL, softkey.BackedUpNotEligible, "backed_up_not_eligible"},
	} {
		t.Run(name, func(t *testing.T) {
			var faults []softkey.Fault
			if c.fault != nil {
				faults = append(faults, c.fault)
			}
			if status, reason := tryPasskey(t, b, c.origin, key, faults...); status != http.StatusForbidden || reason != c.reason {
				t.Errorf("answered %d %s, want %s", status, reason, c.reason)
			}
			if !isSignedOut(t, b) {
				t.Error("and yet somebody is signed in")
			}
		})
	}
	t.Run("after its counter went back", func(t *testing.T) {
		if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key, softkey.Count(100)); status != http.StatusOK {
			t.Fatalf("a counter that leaps ahead: %d %s", status, reason)
		}
		if status, reason := tryPasskey(t, b, p.URL, key, softkey.Count(5)); status != http.StatusForbidden || reason != "counter_went_back" {
			t.Errorf("answered %d %s", status, reason)
		}
		if body := account(t, signedIn(t, p, phone)); !strings.Contains(body, "counter went back") {
			t.Error("the person is not told on the account page")
		}
	})
	t.Run("that is not known here", func(t *testing.T) {
		begun := ask(t, b, "/passkeys/login/options", nil)
		stranger := onLocalhost(t)
		phone, _ := stranger.AddPhone("Mei")
		foreign := softkey.Synced()
		addPasskey(t, stranger, signedIn(t, stranger, phone), foreign)
		assertion, err := foreign.Get(begun.Options, p.URL)
		if err != nil {
			t.Fatal(err)
		}
		if status, reason := sendPasskey(t, b, begun.Ceremony, assertion); status != http.StatusForbidden || reason != "unknown_credential" {
			t.Errorf("answered %d %s", status, reason)
		}
	})
}

func TestAPasskeyThatIsRemovedDuringItsLoginSignsNobodyIn(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	own := signedIn(t, p, phone)
	key := softkey.Synced()
	addPasskey(t, p, own, key)
	b := servertest.NewBrowser(p.URL)
	begun := ask(t, b, "/passkeys/login/options", nil)
	assertion, err := key.Get(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	id := passkeyMark.FindStringSubmatch(account(t, own))[1]
	post(t, own, "/account/passkeys/remove", "passkey", id)
	if status, reason := sendPasskey(t, b, begun.Ceremony, assertion); status != http.StatusForbidden || reason != "unknown_credential" {
		t.Errorf("answered %d %s", status, reason)
	}
	if !isSignedOut(t, b) {
		t.Error("and yet somebody is signed in")
	}
}

func TestAPersonWhoIsDisabledDuringTheirLoginIsNotSignedIn(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	b := servertest.NewBrowser(p.URL)
	begun := ask(t, b, "/passkeys/login/options", nil)
	assertion, err := key.Get(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	if status, reason := sendPasskey(t, b, begun.Ceremony, assertion); status != http.StatusForbidden || reason != "disabled" {
		t.Errorf("answered %d %s", status, reason)
	}
	if !isSignedOut(t, b) {
		t.Error("and yet somebody is signed in")
	}
}

func TestACeremonyForOneThingIsNotGoodForAnother(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	own := signedIn(t, p, phone)
	key := softkey.Synced()
	addPasskey(t, p, own, key)
	form := formToken(t, account(t, own))
	b := servertest.NewBrowser(p.URL)
	t.Run("adding for a login", func(t *testing.T) {
		begun := ask(t, own, "/account/passkeys/options", map[string]any{"form": form})
		attestation, err := softkey.Synced().Create(begun.Options, p.URL)
		if err != nil {
			t.Fatal(err)
		}
		if status, reason := sendPasskey(t, b, begun.Ceremony, attestation); status != http.StatusForbidden || reason != "wrong_purpose" {
			t.Errorf("answered %d %s", status, reason)
		}
	})
	t.Run("a login for adding", func(t *testing.T) {
		begun := ask(t, b, "/passkeys/login/options", nil)
		assertion, err := key.Get(begun.Options, p.URL)
		if err != nil {
			t.Fatal(err)
		}
		status, text, err := own.PostJSON(t.Context(), "/account/passkeys", map[string]any{"form": form, "ceremony": begun.Ceremony, "answer": json.RawMessage(assertion)})
		if err != nil || status != http.StatusForbidden || refusal(t, text) != "wrong_purpose" {
			t.Errorf("answered %d %s, %v", status, refusal(t, text), err)
		}
	})
	t.Run("one session's for another's", func(t *testing.T) {
		begun := ask(t, own, "/account/passkeys/options", map[string]any{"form": form})
		attestation, err := softkey.Synced().Create(begun.Options, p.URL)
		if err != nil {
			t.Fatal(err)
		}
		other := signedIn(t, p, phone)
		status, text, err := other.PostJSON(t.Context(), "/account/passkeys", map[string]any{
			"form": formToken(t, account(t, other)), "ceremony": begun.Ceremony, "answer": json.RawMessage(attestation),
		})
		if err != nil || status != http.StatusForbidden || refusal(t, text) != "wrong_purpose" {
			t.Errorf("answered %d %s, %v", status, refusal(t, text), err)
		}
	})
}

func TestRaceOfLoginsWithOneCountHasOneWinner(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	key := &softkey.Authenticator{}
	addPasskey(t, p, signedIn(t, p, phone), key)
	type answer struct {
		ceremony string
		text     []byte
	}
	var answers []answer
	for range 20 { // a copy of the authenticator would answer so
		begun := ask(t, servertest.NewBrowser(p.URL), "/passkeys/login/options", nil)
		text, err := key.Get(begun.Options, p.URL, softkey.Count(7))
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer{begun.Ceremony, text})
	}
	var group sync.WaitGroup
	results := make(chan string, len(answers))
	for _, a := range answers {
		group.Go(func() {
			status, reason := sendPasskey(t, servertest.NewBrowser(p.URL), a.ceremony, a.text)
			if status == http.StatusOK {
				reason = "won"
			}
			results <- reason
		})
	}
	group.Wait()
	close(results)
	count := map[string]int{}
	for reason := range results {
		count[reason]++
	}
	if count["won"] != 1 || count["counter_went_back"] != len(answers)-1 {
		t.Errorf("of %d: %v", len(answers), count)
	}
}

func TestNoAnswerTellsWhoHasAnAccountOrAPasskey(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	addPasskey(t, p, signedIn(t, p, phone), softkey.Synced())
	b := servertest.NewBrowser(p.URL)
	begun := ask(t, b, "/passkeys/login/options", map[string]any{"username": "Lin"})
	if strings.Contains(string(begun.Options), `"id":`) || !strings.Contains(string(begun.Options), `"allowCredentials":[]`) {
		t.Error("the options of a login name passkeys")
	}
	for _, path := range []string{"/passkeys/login/options", "/account", "/account/recover"} {
		if _, body, err := b.Get(t.Context(), path); err != nil || strings.Contains(body, "Lin") {
			t.Errorf("%s names somebody to a stranger, %v", path, err)
		}
	}
}
