package passkey_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

func TestAnswersThatCannotBeReadAreMalformed(t *testing.T) {
	response := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) {
			r := m["response"].(map[string]any)
			if r[name] = value; value == nil {
				delete(r, name)
			}
		}
	}
	top := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) { m[name] = value }
	}
	deep := encode([]byte(`{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`))
	for name, change := range map[string]func(map[string]any){
		"a password":                      top("type", "password"),
		"no type":                         top("type", nil),
		"a number as id":                  top("id", 7),
		"no id":                           top("id", ""),
		"an id that is not base64url":     top("id", "a+/="),
		"an id of line ends":              top("id", "\r\n"),
		"no response":                     top("response", nil),
		"a list as response":              top("response", []int{}),
		"no client data":                  response("clientDataJSON", nil),
		"client data that are not base64": response("clientDataJSON", "?"),
		"client data that are not JSON":   response("clientDataJSON", encode([]byte("{"))),
		"client data nested deep":         response("clientDataJSON", deep),
		"client data of a list":           response("clientDataJSON", encode([]byte("[]"))),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			key := softkey.Synced()
			b.register(lin, key)
			begun := b.begin(passkey.Ask{Purpose: purpose})
			answer, err := key.Get(begun.Options, site)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: remarshal(t, answer, change)})
			refusal(t, err, passkey.Malformed)

			adding, err := b.BeginRegistration(t.Context(), "add", lin, nil)
			if err != nil {
				t.Fatal(err)
			}
			if answer, err = key.Create(adding.Options, site); err != nil {
				t.Fatal(err)
			}
			_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: adding.Ceremony, Purpose: "add", UserID: userID, JSON: remarshal(t, answer, change)})
			refusal(t, err, passkey.Malformed)
		})
	}
	for name, change := range map[string]func(map[string]any){
		"no authenticator data":   response("authenticatorData", nil),
		"a number as user handle": response("userHandle", 7),
		"a number as signature":   response("signature", 7),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			key := softkey.Synced()
			b.register(lin, key)
			begun := b.begin(passkey.Ask{Purpose: purpose})
			answer, err := key.Get(begun.Options, site)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: remarshal(t, answer, change)})
			refusal(t, err, passkey.Malformed)
		})
	}
}

// Whoever knows an id and a user handle must not be able to make a person be
// told of something: the person is named only when the passkey has signed.
func TestAnUnsignedAnswerNamesNobody(t *testing.T) {
	for name, faults := range map[string][]softkey.Fault{"": nil, "flipped": {softkey.FlipBackupEligible}, "gone back": {softkey.Count(0)}} {
		for what, change := range map[string]func(client, response map[string]any){
			"no signature":           func(_, r map[string]any) { r["signature"] = "" },
			"another client data":    func(c, _ map[string]any) { c["more"] = true },
			"a strange tokenBinding": func(c, _ map[string]any) { c["tokenBinding"] = map[string]any{"status": "x"} },
		} {
			t.Run(what+" "+name, func(t *testing.T) {
				b := newBench(t)
				key := &softkey.Authenticator{}
				b.register(lin, key)
				if _, err := b.login(key, softkey.Count(9)); err != nil {
					t.Fatal(err)
				}
				begun := b.begin(passkey.Ask{Purpose: purpose})
				answer, err := key.Get(begun.Options, site, faults...)
				if err != nil {
					t.Fatal(err)
				}
				answer = remarshal(t, answer, func(m map[string]any) {
					r := m["response"].(map[string]any)
					r["clientDataJSON"] = encode(remarshal(t, decode(t, r["clientDataJSON"].(string)), func(c map[string]any) { change(c, r) }))
				})
				_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer})
				var e *passkey.Error
				if !errors.As(err, &e) || e.UserID != "" || e.Reason != passkey.BadSignature && e.Reason != passkey.Refused {
					t.Errorf("%v", err)
				}
				if c := b.of(userID)[0]; !c.Suspicious.IsZero() || c.SignCount != 9 {
					t.Errorf("%+v", c)
				}
			})
		}
	}
}

func TestAKeyOfAnotherKindIsNotRegistered(t *testing.T) {
	b := newBench(t)
	begun, err := b.BeginRegistration(t.Context(), "add", lin, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := softkey.Synced().Create(begun.Options, site)
	if err != nil {
		t.Fatal(err)
	}
	answer = remarshal(t, answer, func(m map[string]any) {
		r := m["response"].(map[string]any)
		statement := decode(t, r["attestationObject"].(string))
		// The COSE_Key's algorithm, -7, becomes -6.
		changed := bytes.Replace(statement, []byte{1, 2, 3, 0x26, 0x20, 1}, []byte{1, 2, 3, 0x25, 0x20, 1}, 1)
		if bytes.Equal(changed, statement) {
			t.Fatal("the key is not where it should be")
		}
		r["attestationObject"] = encode(changed)
	})
	_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: userID, JSON: answer})
	refusal(t, err, passkey.UnsupportedKey)
}
