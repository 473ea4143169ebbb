//! The causes that the table of [`super::rules`] names, each with its codes and phrases.
//!
//! A code is a whole name, and safe to list; names are in the form of [`super::phrases::words`], so that
//! `insufficient_quota` and `InsufficientQuota` are one entry. A phrase is searched in free text that may quote the
//! prompt, so that its words together are such that they do not occur in ordinary sentences.

use super::overflow::{OVERFLOW_CODES, THROTTLE_PHRASES};

/// How providers name one cause.
pub(super) struct Cause {
    /// Codes and types, separated by `|`.
    pub codes: &'static str,
    /// Phrases, one a line; see [`super::phrases`].
    pub phrases: &'static str,
}

/// An empty account or an exhausted key. Trying again is useless and must not look like a rate limit, though most of
/// these are sent with 429. 1113 is Zhipu's. The Chinese ones: "balance insufficient", "quota used up", "in arrears",
/// "recharge".
pub(super) const BILLING: Cause = Cause {
    codes: "insufficient user quota|pre consume token quota failed|billing hard limit reached|billing not active|\
        billing error|payment required|1113",
    phrases: "\
insufficient|not enough|do not have|don t have|no credit|no remaining|zero|negative|overdue|out of|ran out|run out|too low|exhausted|depleted|used up|不足 & balance|credit|fund ! throttl|load balanc
requires|requested & more credit|fewer max tokens & credit|afford
arrear
overdue|good standing & account|balance|payment|bill|invoice
exceed|over|exhaust & budget ! thinking|tokens|reasoning
spend|spending & limit|cap & exceed|reach|hit
free tier|free quota|free credit & exhaust|used up|expired
billing & hard limit|not active|inactive|disabled|suspended|enable
payment & required|overdue|failed
user quota|token quota & insufficient|not enough|pre consume
余额|额度|预扣 & 不足|用尽|用完|耗尽|欠|失败
欠费|欠款
充值",
};
/// An exhausted quota, unless it passes with time.
pub(super) const QUOTA: Cause = Cause {
    codes: "insufficient quota|quota exceeded|quota exhausted",
    phrases: "exceed|exhaust|insufficient|run out|used up & quota & billing|plan|payment|top up|upgrade",
};
/// A refused key, under 401 and the statuses that are sent for it otherwise: Google sends 400, and gateways put it
/// inside a 200. "invalid token request id" is new-api's, which writes the id after it: without the id the phrase
/// would match a model's text about tokens. "login fail" is MiniMax's.
pub(super) const KEY: Cause = Cause {
    codes: "invalid api key|authentication error|invalid authentication|invalid authentication error|unauthenticated|\
        unauthorized|invalid token|authentication failed|incorrect api key|api key invalid|api key expired",
    phrases: "\
invalid|incorrect|wrong|not valid|expired|revoked|missing|provide & api key|apikey|api secret|access token
invalid token request id
login & fail
authentication & fail|invalid|credential
令牌|密钥|api key|apikey & 无效|过期|错误|不正确|失效|不合法|禁用
鉴权|身份验证|认证 & 失败|错误",
};
/// Only for errors inside a 200; elsewhere 403 says it.
pub(super) const PERMISSION: Cause =
    Cause { codes: "permission error|permission denied|access denied|forbidden", phrases: "" };
/// A limit of a time, named so clearly that it counts under any status. The Chinese ones: "requests too frequent",
/// "rate limit".
pub(super) const RATE: Cause = Cause {
    codes: "rate limit error|rate limit exceeded|rate limited|too many requests|resource exhausted|\
        user rate limit exceeded|throttling",
    phrases: "\
rate limit|rate limits & exceed|reach|hit|error
too many & request
请求 & 过于频繁|过多
速率 & 限制|超",
};
/// Every hint at a limit of a time; only where nothing else is likelier.
pub(super) const THROTTLE: Cause = Cause { codes: "", phrases: THROTTLE_PHRASES };
/// No capacity, as opposed to a limit of the caller's: another model helps at once, waiting a second does not. The
/// Chinese ones: "load saturated", "load too high", "busy", "overloaded".
pub(super) const OVERLOAD: Cause = Cause {
    codes: "overloaded error|server overloaded|engine overloaded|engine overloaded error|service unavailable|\
        service unavailable error|unavailable",
    phrases: "\
currently|server|service|system|engine & busy
overloaded
at capacity|over capacity|no capacity|insufficient capacity|out of capacity|capacity exceeded
负载 & 饱和|过高|过大
繁忙
过载",
};
/// An upstream that took too long, under a status that says nothing about it. Short phrases, so they are searched only
/// in errors inside a 200, where no status decides.
pub(super) const TIMEOUT: Cause = Cause {
    codes: "timeout|timeout error|upstream timeout|deadline exceeded",
    phrases: "timed out\ntimeout\ndeadline & exceed\n超时",
};
/// Content filters of OpenAI, Azure, Alibaba, Google and the gateways. The same request is refused again, and some
/// vendors count refusals against the account, so that none of these is retryable. 1301 is Zhipu's, "new sensitive"
/// MiniMax's. The last two codes are of OpenAI's failed responses. The Chinese ones: "sensitive", "content against the
/// rules", "content review".
pub(super) const FILTER: Cause = Cause {
    codes: "content filter|content filtered|content filter error|content moderation|data inspection failed|\
        responsible ai policy violation|sensitive content|prompt blocked|prohibited content|sexual content|safety|1301|\
        invalid prompt|image content policy violation",
    phrases: "\
inappropriate & content
content & exists risk
content management policy
new sensitive
violat|flagged|blocked|rejected|filtered & content policy|usage polic|usage guideline|content filter|safety system|safety polic|moderation|responsible ai
flagged & violat|input|prompt|content|moderation
sensitive & word|input|output|content ! case sensitive
敏感
违规|不当 & 内容|信息|输入
内容 & 审核|违规|安全 & 不通过|未通过|失败|违规|审核",
};
/// The texts are in [`super::overflow`].
pub(super) const OVERFLOW_CODE: Cause = Cause { codes: OVERFLOW_CODES, phrases: "" };
/// `not_found_error` is Anthropic's, which has no other resource on this path. new-api reports a model without a price
/// or a channel with 400 or 503. The Chinese ones: "no channel available", "model does not exist".
pub(super) const MODEL: Cause = Cause {
    codes: "model not available|invalid model|not found error",
    phrases: "\
model & not found|not exist|doesn t exist|decommissioned|been deprecated|been retired|been removed|not been priced ! tool|file|module|library
no available channel|no channel available
not a valid & model
invalid|unknown|no such & model name|model id|model identifier
unknown model|no such model|unsupported model
no endpoints found for
模型 & 不存在|未找到|已下线|下架
无可用|没有可用|暂无可用 & 渠道",
};
/// A path that the server does not have: the base URL is wrong, and listing models would not help.
pub(super) const PATH: Cause = Cause {
    codes: "",
    phrases: "invalid url|unknown request url\npage not found\ncannot post|cannot get\nno route & match",
};
/// The caller's mistakes, as vendors name them under 500 or inside a 200. Those of images are codes of OpenAI's failed
/// responses, which come after the status 200.
pub(super) const REQUEST: Cause = Cause {
    codes: "invalid request|invalid request error|image generation user error|invalid value|invalid argument|\
        invalid parameter|invalid parameter error|unsupported parameter|unsupported value|bad request|\
        bad request error|extra forbidden|unknown parameter|failed precondition|out of range|invalid image|\
        invalid image format|invalid base64 image|invalid base64image|invalid image url|invalid image mode|\
        image too large|image too small|image parse error|image file too large|image file not found|\
        unsupported image media type|empty image file|failed to download image",
    phrases: "",
};
/// The same in free text: only inside a 200, since a server that fails with 500 may write of invalid arguments of its
/// own.
pub(super) const REQUEST_TEXT: Cause = Cause {
    codes: "",
    phrases: "\
invalid & param|argument
extra inputs & not permitted
field required
unknown|unrecognized|unsupported & parameter|argument|field",
};
/// Features that a model lacks. The bare "is not supported" is not in the list: vendors write it of parameters too,
/// where another model would not help; nor are the formats of images, which the caller can change. The Chinese one:
/// "does not support", with the feature.
pub(super) const UNSUPPORTED: Cause = Cause {
    codes: "",
    phrases: "\
not support|doesn t support|don t support|isn t supported|aren t supported|unsupported|only supported by|no endpoints found & tool|function|image|vision|audio|video|multimodal|multi modal|streaming|structured output|json schema|json mode|response format|reasoning|thinking ! image format|image type|media type|mime type|file format|file type|audio format|unsupported value
not a & multimodal|multi modal|vision model|vlm
no endpoints found & that support|handle
tool choice|tool call & requires & enable
不支持 & 工具|函数|图片|图像|视觉|多模态|音频|视频|流式|思考",
};
