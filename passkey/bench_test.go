package passkey_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

// BenchmarkFinishLogin measures a login's end with ES256 and everything but
// the database, beside the verification of one signature in the same run.
func BenchmarkFinishLogin(b *testing.B) {
	bench := newBench(b)
	key := softkey.Synced()
	bench.register(lin, key)
	begun := bench.begin(passkey.Ask{Purpose: purpose})
	ceremony := bench.store.ceremonies[begun.Ceremony]
	answer, err := key.Get(begun.Options, site)
	if err != nil {
		b.Fatal(err)
	}
	private := fuzzKey(b)
	sum := sha256.Sum256(answer)
	signature, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	var finish, verify time.Duration
	b.ReportAllocs()
	for b.Loop() {
		bench.store.ceremonies[begun.Ceremony] = ceremony
		start := time.Now()
		if _, err := bench.FinishLogin(b.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer}); err != nil {
			b.Fatal(err)
		}
		half := time.Now()
		if !ecdsa.VerifyASN1(&private.PublicKey, sum[:], signature) {
			b.Fatal("not valid")
		}
		finish, verify = finish+half.Sub(start), verify+time.Since(half)
	}
	b.ReportMetric(float64(finish.Nanoseconds())/float64(b.N), "ns/login")
	b.ReportMetric(float64(verify.Nanoseconds())/float64(b.N), "ns/verify")
	b.ReportMetric(float64(finish)/float64(verify), "login/verify")
}

func BenchmarkBeginLogin(b *testing.B) {
	bench := newBench(b)
	b.ReportAllocs()
	for b.Loop() {
		clear(bench.store.ceremonies)
		bench.begin(passkey.Ask{Purpose: purpose})
	}
}
