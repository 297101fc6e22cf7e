package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
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
