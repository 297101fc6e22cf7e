package passkey_test

import (
	"testing"
	"time"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

func TestACounterThatGoesBackIsRefusedOnceAndMarked(t *testing.T) {
	b := newBench(t)
	key := &softkey.Authenticator{}
	made := b.register(lin, key)
	step := func(count uint32, good bool) {
		t.Helper()
		b.pass(time.Hour)
		login, err := b.login(key, softkey.Count(count))
		if good {
			if err != nil || login.Credential.SignCount != count {
				t.Fatalf("count %d: %+v, %v", count, login, err)
			}
			return
		}
		e := refusal(t, err, passkey.CounterWentBack)
		if e.UserID != userID || e.CredentialID != made.ID {
			t.Errorf("%+v", e)
		}
		if c := b.of(userID)[0]; !c.Suspicious.Equal(b.now) || c.SignCount != count || c.LastUsed.Equal(b.now) {
			t.Errorf("%+v", c)
		}
	}
	step(100, true)
	step(101, true)
	step(101, false) // the same again
	step(102, true)
	step(7, false) // a reset, or a copy
	step(8, true)
	step(0, false) // no count any more
	step(0, true)  // as of a synced one
	step(1, true)
	if b.of(userID)[0].Suspicious.IsZero() {
		t.Error("the mark went away by itself")
	}
	key.NoCounter = true
	if e := refusal(t, func() error { _, err := b.login(key, softkey.Count(1), softkey.BadSignature); return err }(), passkey.BadSignature); e.UserID != "" {
		t.Errorf("%+v", e)
	}
}
