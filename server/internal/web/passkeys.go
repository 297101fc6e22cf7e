package web

// PasskeyRefusal says why a passkey was refused, and what to do. detail is
// what was expected, where that helps.
func (t Texts) PasskeyRefusal(reason, detail string) string {
	if key := "passkey.error." + reason; t.Has(key) {
		return t.Get(key, detail)
	}
	return t.Get("passkey.error.other")
}
