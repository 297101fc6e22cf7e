package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
)

func TestAProofThatWasUsedBeforeIsNoUseOfItsDevice(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	h.approved(t) // by a device
	used := func() (store.Device, time.Time) {
		t.Helper()
		devices, err := h.Devices(t.Context(), "lin")
		must(t, err)
		if len(devices) == 0 {
			t.Fatal("there is no device")
		}
		return devices[0], devices[0].Used
	}
	device, _ := used()
	proof, expires := oauth.Secret("proof").Hash(), now.Add(time.Minute)
	at := now.Add(time.Hour)
	must(t, h.SpendProofOf(t.Context(), device, at, proof, expires))
	device, first := used()
	if !first.Equal(at) {
		t.Fatalf("used at %s, want %s", first, at)
	}
	if err := h.SpendProofOf(t.Context(), device, at.Add(time.Hour), proof, expires); !errors.Is(err, store.ErrExists) {
		t.Fatalf("a second time: %v", err)
	}
	if _, second := used(); !second.Equal(first) {
		t.Errorf("a proof that was used before moved the latest use to %s", second)
	}
	must(t, h.SpendProofOf(t.Context(), device, at.Add(time.Second), oauth.Secret("another").Hash(), expires))
	if _, third := used(); !third.Equal(first) {
		t.Errorf("a second later it is written again: %s", third)
	}
}

func TestOfManyAtOnePairingEachCounts(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	p := h.approved(t)
	const many = 20
	var at sync.WaitGroup
	refusals := make(chan error, many)
	for range many {
		at.Go(func() {
			_, err := h.UpdatePairing(t.Context(), p.ID, func(p *pairing.Pairing) error {
				p.Version++
				p.Claim.Wrong++
				return errRefused
			})
			refusals <- err
		})
	}
	at.Wait()
	for range many {
		if err := <-refusals; !errors.Is(err, errRefused) {
			t.Errorf("the refusal is not returned: %v", err)
		}
	}
	after, err := h.Pairing(t.Context(), p.ID)
	must(t, err)
	if after.Claim.Wrong != many || after.Version != p.Version+many {
		t.Errorf("%d of %d count, version %d after %d", after.Claim.Wrong, many, after.Version, p.Version)
	}
}

var errRefused = errors.New("refused")

// A cancel is one statement and a finish is a transaction, and they may come
// over two nodes.
func TestOfFinishesAndCancelsAtOnceOneHappens(t *testing.T) {
	dir := t.TempDir() + "/data"
	h := build(t, dir)
	other, err := storetest.Open(t, dir)
	must(t, err)
	t.Cleanup(func() { must(t, other.Close()) })
	first := h.approved(t)
	device := pairing.Device{ID: first.Claim.DeviceID, UserID: first.Claim.UserID, Nickname: first.Claim.Nickname}
	ends := map[pairing.State]int{}
	for range 20 {
		p := pairing.Begin(now, pairing.NewID(), "browser", first.Request, first.Browser)
		must(t, h.BeginPairing(t.Context(), p))
		p, err := other.UpdatePairing(t.Context(), p.ID, func(p *pairing.Pairing) error {
			must(t, p.Scan(now, device, 0, 42))
			return p.Approve(now, device, pairing.Approval{Number: 42, Digest: p.Shown().Digest()})
		})
		must(t, err)
		var at sync.WaitGroup
		var finished atomic.Int64
		for i := range 6 {
			db := []*store.DB{h.DB, other}[i/3]
			at.Go(func() {
				if i%3 == 0 {
					_, err := db.UpdatePairing(t.Context(), p.ID, func(p *pairing.Pairing) error { return p.Cancel(now, "browser") })
					if over := (*pairing.StateError)(nil); err != nil && !errors.As(err, &over) {
						t.Errorf("cancelling: %v", err)
					}
					return
				}
				_, err := db.FinishPairing(t.Context(), p.ID, finish, h.mint)
				if over := (*pairing.StateError)(nil); err != nil && !errors.As(err, &over) {
					t.Errorf("finishing: %v", err)
				}
				if err == nil {
					finished.Add(1)
				}
			})
		}
		at.Wait()
		after, err := h.Pairing(t.Context(), p.ID)
		must(t, err)
		ends[after.State]++
		want := map[pairing.State]int64{pairing.Finished: 1, pairing.Cancelled: 0}
		if many, fits := want[after.State]; !fits || finished.Load() != many {
			t.Errorf("it is %s, and %d were told that they finished it", after.State, finished.Load())
		}
	}
	if codes := store.Count(t, h.DB, "codes"); codes != ends[pairing.Finished] {
		t.Errorf("there are %d codes, and %v", codes, ends)
	}
	t.Logf("ends: %v", ends)
}

// Steps share a commit. Who is refused for what another one has written can read
// that.
func TestWhoIsToldThatAPairingExistsFindsIt(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	for range 100 {
		p := pairing.Begin(now, pairing.NewID(), "secret", pairing.Request{AppName: "Library"}, pairing.Browser{})
		var beginning sync.WaitGroup
		for range 4 {
			beginning.Go(func() {
				err := h.BeginPairing(t.Context(), p)
				if err != nil && !errors.Is(err, store.ErrExists) {
					t.Error(err)
				}
				if found, err := h.Pairing(t.Context(), p.ID); err != nil || found.Request.AppName != "Library" {
					t.Errorf("it finds %q (%v)", found.Request.AppName, err)
				}
			})
		}
		beginning.Wait()
	}
}
