package oauth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hamconnect/server/internal/oauth"
)

const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B

func TestACodeIsRedeemedByWhatItIsBoundToAndOnce(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	right := oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}}
	for _, c := range []struct {
		name      string
		challenge string
		with      oauth.Redemption
		age       time.Duration
		spent     bool
		want      oauth.ErrorCode
		reused    bool
	}{
		{name: "by its client", with: right},
		{name: "with its redirect_uri", with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, RedirectURI: "https://library.example/callback"}},
		{name: "a nanosecond before its end", with: right, age: oauth.CodeLifetime - 1},
		{name: "at its end", with: right, age: oauth.CodeLifetime, want: oauth.InvalidGrant},
		{name: "by another client", with: oauth.Redemption{Client: oauth.Client{ID: "other", Dialect: oauth.Ham}}, want: oauth.InvalidGrant},
		{name: "by nobody", with: oauth.Redemption{}, want: oauth.InvalidGrant},
		{name: "with another redirect_uri", with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, RedirectURI: "https://library.example/callback/"}, want: oauth.InvalidGrant},
		{name: "a second time", with: right, spent: true, want: oauth.InvalidGrant, reused: true},
		{name: "a second time, after its end", with: right, spent: true, age: time.Hour, want: oauth.InvalidGrant, reused: true},
		{name: "a second time, by another client", with: oauth.Redemption{Client: oauth.Client{ID: "other", Dialect: oauth.Ham}}, spent: true, want: oauth.InvalidGrant},
		{name: "with the RFC's verifier", challenge: challenge, with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, CodeVerifier: verifier}},
		{name: "with another verifier", challenge: challenge, with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, CodeVerifier: verifier[1:] + "a"}, want: oauth.InvalidGrant},
		{name: "with the challenge as its verifier", challenge: challenge, with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, CodeVerifier: challenge}, want: oauth.InvalidGrant},
		{name: "without a verifier", challenge: challenge, with: right, want: oauth.InvalidRequest},
		{name: "with a verifier that is too short", challenge: challenge, with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, CodeVerifier: verifier[1:]}, want: oauth.InvalidGrant},
		{name: "with a verifier that is too long", challenge: challenge, with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, CodeVerifier: strings.Repeat("a", 129)}, want: oauth.InvalidGrant},
		{name: "with a verifier that nobody asked for", with: oauth.Redemption{Client: oauth.Client{ID: "library", Dialect: oauth.Ham}, CodeVerifier: verifier}, want: oauth.InvalidGrant},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _ := oauth.NewCode(now, oauth.Code{
				ClientID: "library", UserID: "lin", RedirectURI: "https://library.example/callback",
				Scopes: oauth.Scopes{"profile"}, CodeChallenge: c.challenge, Spent: c.spent,
			})
			at := now.Add(c.age)
			issued, err := code.Redeem(at, c.with)
			token, secret := issued.Token, issued.Secret
			if c.want != "" {
				var refusal *oauth.Error
				if !errors.As(err, &refusal) || refusal.Code != c.want || refusal.Status() != 400 {
					t.Fatalf("%v", err)
				}
				if errors.Is(err, oauth.ErrCodeReused) != c.reused || code.Spent != c.spent || secret != "" {
					t.Fatalf("%v, spent %t", err, code.Spent)
				}
				return
			}
			if err != nil || !code.Spent || !token.Hash.Matches(secret) || token.CodeHash != code.Hash || token.UserID != "lin" ||
				token.ClientID != "library" || token.Scopes.String() != "profile" || !token.Expires.Equal(at.Add(2*time.Hour)) {
				t.Fatalf("the token is for %s of %s until %s (%v)", token.UserID, token.ClientID, token.Expires, err)
			}
		})
	}
}

func TestATokenOpensNothingOnceItIsOldOrSomebodyIsDisabled(t *testing.T) {
	now := time.Unix(1e9, 0)
	good := oauth.Access{Token: oauth.Token{Expires: now.Add(1)}, Client: oauth.Client{Dialect: oauth.Ham}}
	if err := good.Usable(now, oauth.Ham); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*oauth.Access){
		"its time is over":           func(a *oauth.Access) { a.Token.Expires = now },
		"the user is disabled":       func(a *oauth.Access) { a.User.Disabled = true },
		"the client is disabled":     func(a *oauth.Access) { a.Client.Disabled = true },
		"it is of the other dialect": func(a *oauth.Access) { a.Client.Dialect = oauth.OpenMaster },
	} {
		a := good
		if change(&a); !errors.Is(a.Usable(now, oauth.Ham), oauth.ErrInvalidToken) {
			t.Errorf("%s, and it works", name)
		}
	}
}

func TestUserinfoHoldsWhatWasGrantedAndNothingElse(t *testing.T) {
	user := oauth.User{Nickname: "Lin"}
	for scopes, want := range map[string][3]bool{"": {}, "profile": {true, true}, "is_student": {false, false, true}, "profile,is_student": {true, true, true}} {
		a := oauth.Access{Token: oauth.Token{Scopes: oauth.ParseScopes(scopes, oauth.HamScopes)}, User: user}
		c := a.Claims(oauth.OpenIDKey{})
		if got := [3]bool{c.Nickname != nil, c.AvatarURL != nil, c.IsStudent != nil}; got != want || c.OpenID == "" {
			t.Errorf("%q gives %v", scopes, got)
		}
	}
}

func TestRegistrationNamesAnUnknownScope(t *testing.T) {
	if _, err := oauth.RegistryScopes("profile admin", oauth.HamScopes); err == nil || !strings.Contains(err.Error(), `"admin"`) {
		t.Errorf("%v", err)
	}
	if s, err := oauth.RegistryScopes("is_student, profile", oauth.HamScopes); err != nil || s.String() != "profile is_student" {
		t.Errorf("%q, %v", s, err)
	}
}
