package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

func TestASpentCodeIsKeptUntilItsTokenIsDead(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	code, _ := oauth.NewCode(now, oauth.Code{ClientID: h.client.ID, UserID: "lin"})
	must(t, h.AddCode(t.Context(), code))
	redeemed := now.Add(oauth.CodeLifetime - 1) // as late as can be: its token lives longest
	issued, err := h.RedeemCode(t.Context(), redeemed, code.Hash, oauth.Redemption{Client: oauth.Client{ID: h.client.ID, Dialect: oauth.Ham}})
	must(t, err)
	secret := issued.Secret
	_, err = h.Sweep(t.Context(), redeemed.Add(oauth.TokenLifetime-time.Second))
	must(t, err)
	if _, err := h.Access(t.Context(), secret.Hash()); err != nil {
		t.Fatalf("a token was swept while it lives: %v", err)
	}
	if _, err := h.RedeemCode(t.Context(), redeemed.Add(time.Hour), code.Hash, oauth.Redemption{Client: oauth.Client{ID: h.client.ID, Dialect: oauth.Ham}}); !errors.Is(err, oauth.ErrCodeReused) {
		t.Fatalf("the code's second use: %v", err)
	}
	if _, err := h.Access(t.Context(), secret.Hash()); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("its token after that: %v", err)
	}
}

func TestSweepingTakesWhatIsOverAndLeavesTheRest(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	ctx := t.Context()
	p := h.approved(t)
	const many = 501 // more than one batch
	for i := range many {
		must(t, h.SpendProof(ctx, oauth.Secret(fmt.Sprint("old", i)).Hash(), now.Add(-time.Second)))
	}
	fresh := oauth.Secret("fresh").Hash()
	must(t, h.SpendProof(ctx, fresh, now.Add(time.Second)))
	if n, err := h.Sweep(ctx, now); err != nil || n != many {
		t.Fatalf("%d rows went (%v)", n, err)
	}
	if err := h.SpendProof(ctx, fresh, now); !errors.Is(err, store.ErrExists) {
		t.Errorf("a fresh proof was forgotten: %v", err)
	}
	if _, err := h.Sweep(ctx, p.Deadline.Add(9*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Pairing(ctx, p.ID); err != nil {
		t.Errorf("a browser that is nine minutes late is told nothing: %v", err)
	}
	if n, err := h.Sweep(ctx, now.Add(24*time.Hour)); err != nil || n != 1 {
		t.Errorf("%d rows went in the end (%v)", n, err)
	}
	if _, err := h.Pairing(ctx, p.ID); !errors.Is(err, pairing.ErrNotFound) {
		t.Errorf("the pairing stays for ever: %v", err)
	}
}

func TestAnEnrolmentIsSpentOnceAndOnlyTheNewestWorks(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	ctx := t.Context()
	enrol := func(code oauth.Secret, at time.Time, id, key string) error {
		_, err := h.Enrol(ctx, at, code.Hash(), store.Device{ID: id, Name: "phone", Thumbprint: key, Created: at}, func(oauth.User) error { return nil })
		return err
	}
	if err := enrol(h.enrol, now.Add(time.Minute), "late", "k0"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("at its expiry: %v", err)
	}
	second := oauth.NewSecret()
	must(t, h.AddEnrolment(ctx, store.Enrolment{CodeHash: second.Hash(), UserID: "lin", Expires: now.Add(time.Minute)}))
	if err := enrol(h.enrol, now, "old", "k1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the link before the newest: %v", err)
	}
	must(t, enrol(second, now, "first", "k2"))
	if err := enrol(second, now, "again", "k3"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
	third := oauth.NewSecret()
	must(t, h.AddEnrolment(ctx, store.Enrolment{CodeHash: third.Hash(), UserID: "lin", Expires: now.Add(time.Minute)}))
	if err := enrol(third, now, "same key", "k2"); !errors.Is(err, store.ErrExists) {
		t.Errorf("a key that is a device's already: %v", err)
	}
	if err := enrol(third, now, "other key", "k4"); err != nil {
		t.Errorf("the refusal of that key spent the link: %v", err)
	}
	if err := h.AddEnrolment(ctx, store.Enrolment{CodeHash: third.Hash(), UserID: "nobody", Expires: now}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("for a user who does not exist: %v", err)
	}
}
