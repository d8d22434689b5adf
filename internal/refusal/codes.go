package refusal

// The codes, by subject. Each stands in the list All below with the sentence
// that the reference prints.
const (
	// Input
	InvalidRequest   Code = "invalid_request"
	MissingField     Code = "missing_field"
	InvalidField     Code = "invalid_field"
	InvalidAmount    Code = "invalid_amount"
	CurrencyMismatch Code = "currency_mismatch"
	InvalidCursor    Code = "invalid_cursor"

	// Identity and rights
	Unauthenticated  Code = "unauthenticated"
	InvalidKey       Code = "invalid_key"
	Forbidden        Code = "forbidden"
	CSRFFailed       Code = "csrf_failed"
	NotFound         Code = "not_found"
	RateLimited      Code = "rate_limited"
	Overloaded       Code = "overloaded"
	Unavailable      Code = "unavailable"
	InternalError    Code = "internal_error"
	MethodNotAllowed Code = "method_not_allowed"

	// Commands
	IdempotencyKeyMissing Code = "idempotency_key_missing"
	IdempotencyConflict   Code = "idempotency_conflict"

	// Money
	InsufficientBalance Code = "insufficient_balance"
	AmountOverflow      Code = "amount_overflow"
	AccountNotFound     Code = "account_not_found"
	HoldNotFound        Code = "hold_not_found"
	HoldEnded           Code = "hold_ended"
	HoldExceeded        Code = "hold_exceeded"
	HoldExpired         Code = "hold_expired"
	SamePayerAndPayee   Code = "same_payer_and_payee"

	// Trades
	TradeNotFound        Code = "payment_not_found"
	OrderNoTaken         Code = "order_no_taken"
	TradeStateRefused    Code = "payment_state_refused"
	TradeExpired         Code = "payment_expired"
	BuyerMismatch        Code = "buyer_mismatch"
	RefundExceedsRest    Code = "refund_exceeds_remaining"
	RefundWindowOver     Code = "refund_window_over"
	RefundNoTaken        Code = "refund_no_taken"
	RefundLimitReached   Code = "refund_limit_reached"
	AlreadyExtended      Code = "already_extended"
	DisputeOpen          Code = "dispute_open"
	DisputeNotOpen       Code = "dispute_not_open"
	DisputeStateRefused  Code = "dispute_state_refused"
	DisputeWindowOver    Code = "dispute_window_over"
	DisputeLimitReached  Code = "dispute_limit_reached"
	DeadlineNotReached   Code = "deadline_not_reached"
	DeadlinePassed       Code = "deadline_passed"
	SplitExceedsAmount   Code = "split_exceeds_amount"
	NotYours             Code = "not_yours"
	EvidenceTooLarge     Code = "evidence_too_large"
	PaymentCodeInvalid   Code = "payment_code_invalid"
	PaymentCodeUsed      Code = "payment_code_used"
	CollectionCodeFailed Code = "collection_code_invalid"

	// Agreements
	AgreementNotFound       Code = "agreement_not_found"
	AgreementStateRefused   Code = "agreement_state_refused"
	AgreementAmountExceeded Code = "agreement_amount_exceeded"
	AgreementTotalExceeded  Code = "agreement_total_exceeded"
	AgreementTimesExceeded  Code = "agreement_times_exceeded"
	AgreementDayRefused     Code = "agreement_day_refused"

	// People
	PhoneTaken              Code = "phone_taken"
	PhoneInvalid            Code = "phone_invalid"
	CodeWrong               Code = "code_wrong"
	CodeExpired             Code = "code_expired"
	CodeTooOften            Code = "code_too_often"
	PasswordWeak            Code = "password_weak"
	LoginFailed             Code = "login_failed"
	LoginLocked             Code = "login_locked"
	PaymentPasswordMissing  Code = "payment_password_required"
	PaymentPasswordUnset    Code = "payment_password_not_set"
	PaymentPasswordWrong    Code = "payment_password_wrong"
	PaymentPasswordLocked   Code = "payment_password_locked"
	PaymentPasswordWeak     Code = "payment_password_weak"
	IdentityInvalid         Code = "identity_invalid"
	IdentityTierRefused     Code = "identity_tier_refused"
	IdentityTaken           Code = "identity_taken"
	LoginTaken              Code = "login_taken"
	LastOwner               Code = "last_owner"
	PayeeNotFound           Code = "payee_not_found"
	PayeeNameMismatch       Code = "payee_name_mismatch"
	TierLimitExceeded       Code = "tier_limit_exceeded"
	RiskRefused             Code = "risk_refused"
	StepUpRequired          Code = "step_up_required"
	VelocityExceeded        Code = "velocity_exceeded"
	BankRefused             Code = "bank_refused"
	WebhookURLRefused       Code = "webhook_url_refused"
	WebhookSignatureInvalid Code = "webhook_signature_invalid"
	EndpointDisabled        Code = "webhook_endpoint_disabled"
	EndpointLimitReached    Code = "webhook_endpoint_limit_reached"
	SandboxOnly             Code = "sandbox_only"
)

// Entry is one line of the reference: the code, the HTTP status it travels
// with, and what it means to the caller.
type Entry struct {
	Code   Code
	Status int
	Means  string
}

// All is the reference, in the order in which the docs print it.
var All = []Entry{
	{InvalidRequest, 400, "The request is not what this operation takes: not JSON, too large, or of another form."},
	{MissingField, 422, "A required field is missing or null."},
	{InvalidField, 422, "A field has the wrong type, length or value."},
	{InvalidAmount, 422, "An amount is not a whole number of minor units between 1 and 10000000000."},
	{CurrencyMismatch, 422, "The currency is unknown or not the one of the account or payment."},
	{InvalidCursor, 422, "The cursor was not made by this list."},
	{MethodNotAllowed, 405, "The address exists but does not take this method."},

	{Unauthenticated, 401, "No valid key or session came with the request."},
	{InvalidKey, 401, "The API key is unknown, revoked or of another mode."},
	{Forbidden, 403, "The key or session is valid but may not do this."},
	{CSRFFailed, 403, "A browser session's request came without its CSRF token or from another site."},
	{NotFound, 404, "Nothing of that name is visible to the caller. Another party's object answers the same."},
	{RateLimited, 429, "Too many requests; Retry-After says when to come back."},
	{Overloaded, 503, "The server is at capacity and refused the work before doing any of it; Retry-After says when to come back."},
	{Unavailable, 503, "The store cannot take writes now. Nothing is half done; the same request may be repeated."},
	{InternalError, 500, "A fault of ours. The outcome is unknown until the same request, with the same Idempotency-Key, is repeated."},

	{IdempotencyKeyMissing, 400, "A POST needs the header Idempotency-Key."},
	{IdempotencyConflict, 409, "The Idempotency-Key was used before with other contents. Nothing was done this time."},

	{InsufficientBalance, 402, "The available balance (posted less holds) is smaller than the amount."},
	{AmountOverflow, 422, "The sum does not fit; no account can hold it."},
	{AccountNotFound, 404, "No such account."},
	{HoldNotFound, 404, "No such hold."},
	{HoldEnded, 409, "The hold was captured, voided or expired already."},
	{HoldExceeded, 409, "More was asked than is left on the hold."},
	{HoldExpired, 409, "The hold's time is over; nothing was captured."},
	{SamePayerAndPayee, 422, "Payer and payee are the same."},

	{TradeNotFound, 404, "No such payment for this caller."},
	{OrderNoTaken, 409, "The merchant used this order number before with other terms."},
	{TradeStateRefused, 409, "The payment's state does not allow this act; the message names the state."},
	{TradeExpired, 409, "The time to pay is over; the payment is closed or will be."},
	{BuyerMismatch, 409, "Another buyer already opened or paid this payment, or the payment names one."},
	{RefundExceedsRest, 409, "More was asked back than is left of the payment."},
	{RefundWindowOver, 409, "The time in which a refund is possible is over."},
	{RefundNoTaken, 409, "The payment has a refund of that number already. Nothing was given back this time."},
	{RefundLimitReached, 409, "The payment was refunded as often as it can be; only all that is left can still be."},
	{AlreadyExtended, 409, "The time to confirm was extended before; it can be once."},
	{DisputeOpen, 409, "A dispute or refund request is open; it must end first."},
	{DisputeNotOpen, 409, "No dispute or refund request is open."},
	{DisputeStateRefused, 409, "The dispute's state does not allow this act; the message names the state."},
	{DisputeWindowOver, 409, "The time in which a dispute can be opened is over."},
	{DisputeLimitReached, 409, "The buyer opened as many disputes as one payment allows."},
	{DeadlineNotReached, 409, "The deadline has not passed yet, or none is running."},
	{DeadlinePassed, 409, "The deadline for this act has passed; what follows from it is done first."},
	{SplitExceedsAmount, 422, "The payees' parts and the fee together exceed the amount."},
	{NotYours, 403, "The object belongs to somebody else."},
	{EvidenceTooLarge, 413, "The evidence is larger or of another kind than allowed."},
	{PaymentCodeInvalid, 409, "The payment code is unknown or its minute is over."},
	{PaymentCodeUsed, 409, "The payment code was used before; it pays once."},
	{CollectionCodeFailed, 422, "The collection code is not one of ours or was altered."},

	{AgreementNotFound, 404, "No such agreement for this caller."},
	{AgreementStateRefused, 409, "The agreement's state does not allow this act: it is not signed, ended, or its time is over."},
	{AgreementAmountExceeded, 402, "The amount is more than one charge by this agreement may be."},
	{AgreementTotalExceeded, 402, "The charge would go beyond the agreement's total."},
	{AgreementTimesExceeded, 409, "All charges that the agreement allows were made."},
	{AgreementDayRefused, 409, "The agreement's next charge is planned for a later day."},

	{PhoneTaken, 409, "The phone number has an account already."},
	{PhoneInvalid, 422, "Not a mobile phone number."},
	{CodeWrong, 422, "The one-time code is wrong."},
	{CodeExpired, 422, "The one-time code is too old, used, or was tried too often."},
	{CodeTooOften, 429, "A one-time code was sent a moment ago; Retry-After says when the next may be."},
	{PasswordWeak, 422, "The login password is too short or too common."},
	{LoginFailed, 401, "Login name and password do not go together."},
	{LoginLocked, 423, "Too many wrong passwords; the message says until when it is locked."},
	{PaymentPasswordMissing, 401, "The act needs the payment password."},
	{PaymentPasswordUnset, 409, "No payment password is set yet."},
	{PaymentPasswordWrong, 401, "The payment password is wrong; the message says how many tries are left."},
	{PaymentPasswordLocked, 423, "Five wrong payment passwords; the message says until when it is locked."},
	{PaymentPasswordWeak, 422, "The payment password is not six digits, or too easily guessed."},
	{IdentityInvalid, 422, "The name or identity number is not valid."},
	{IdentityTierRefused, 409, "The account has this tier or a higher one already."},
	{IdentityTaken, 409, "Another account was verified with this identity number; the limits are a person's, over all accounts."},
	{LoginTaken, 409, "The login name belongs to somebody already."},
	{LastOwner, 409, "A merchant keeps at least one owner."},
	{PayeeNotFound, 404, "No payee of that name or number."},
	{PayeeNameMismatch, 409, "The name given is not the payee's."},
	{TierLimitExceeded, 402, "The payer's identity tier does not allow the sum: for life (class I) or this year (classes II and III)."},
	{RiskRefused, 403, "Risk control refused the act. No money moved."},
	{StepUpRequired, 403, "Risk control wants a stronger proof first (the payment password or a one-time code)."},
	{VelocityExceeded, 429, "Too many acts of this kind in a short time. No money moved."},
	{BankRefused, 402, "The bank refused. The hold was released."},
	{WebhookURLRefused, 422, "The address cannot be a webhook endpoint: not http(s), or inside a private network."},
	{WebhookSignatureInvalid, 401, "The webhook's signature or timestamp is not valid."},
	{EndpointDisabled, 409, "The webhook endpoint is disabled; enable it first."},
	{EndpointLimitReached, 409, "The merchant has as many webhook endpoints as it can."},
	{SandboxOnly, 404, "The operation exists in the sandbox alone."},
}

// Find returns the reference line of a code; ok is false for an unlisted one.
func Find(code Code) (entry Entry, ok bool) {
	for _, e := range All {
		if e.Code == code {
			return e, true
		}
	}
	return Entry{}, false
}
