// causes say what is wrong with a signature and what to do about it. The type
// holds the list against the server's.
import { words } from '@shared'
import type { SignatureFit } from '../api/merchant'

type Cause = SignatureFit['cause']

export const causeWords = words({
  verified: { zh: '签名成立。', en: 'The signature fits.' },
  sign_missing: { zh: '请求里没有 sign。', en: 'There is no sign in the request.' },
  sign_not_base64: { zh: 'sign 不是 base64。', en: 'sign is not base64.' },
  sign_plus_as_space: { zh: 'sign 里的 + 变成了空格：放进地址或表单前要做 URL 编码（+ 写成 %2B）。', en: 'The + in sign came as spaces: encode it for the address or form (+ becomes %2B).' },
  sign_escaped_twice: { zh: 'sign 被 URL 编码了两次。只编码一次。', en: 'sign was URL-encoded twice. Encode it once.' },
  sign_length: { zh: '签名长度与登记的公钥不符：用了另一种长度的密钥，或 sign 被截断。', en: 'The signature is not as long as the registered key: it is of a key of another size, or was cut.' },
  no_key: { zh: '应用还没有公钥或证书。', en: 'The application has no key and no certificate yet.' },
  wrong_key: { zh: '签名用的私钥与这里登记的公钥不是一对。检查程序加载的私钥，或重新登记公钥。', en: 'It was signed by a private key that does not belong to the registered public key. Check which key the program loads, or register its public key.' },
  other_key: { zh: '签名用的是另一把已知的密钥：{detail}。', en: 'It was signed by another key that is known here: {detail}.' },
  sign_type_differs: { zh: '密钥正确，但签名用的摘要是 {detail}，与 sign_type 不符。RSA2 要用 SHA-256。', en: 'The key is right, and the hash was {detail}, which is not what sign_type says. RSA2 is SHA-256.' },
  padding_pss: { zh: '密钥正确，但用了 RSA-PSS 填充。请用 PKCS #1 v1.5（SHA256withRSA）。', en: 'The key is right, and the padding is RSA-PSS. Use PKCS #1 v1.5 (SHA256withRSA).' },
  other_string: { zh: '密钥和摘要都正确，但签的是另一个字符串，也不是常见错误中的任何一种。打印程序里待签名的字符串，逐字对比。', en: 'Key and hash are right, and the string is another one, none of the usual mistakes. Print what the program signs, and compare.' },
  your_string: { zh: '程序确实签了您粘贴的字符串，但它与应签的不同，见下。', en: 'The program did sign the string that you pasted, and it differs from the one to sign; see below.' },
  sum_differs: { zh: 'MD5 不符：密钥或待签名字符串不同，MD5 本身看不出是哪一个。先核对密钥，再逐字对比字符串。', en: 'The MD5 sum is another one: by its key or by its string, which a sum does not tell. Check the key first, then compare the strings.' },
  key_joined: { zh: 'MD5 密钥没有直接接在待签名字符串后面。不要加 &key= 或 &，也不要漏掉密钥。', en: 'The MD5 key does not stand right behind the string. Put no &key= or & between, and do not leave it out.' },
  sign_type_left_out: { zh: '签名时漏了 sign_type。请求的签名要包含它（只有验证通知时才去掉）。', en: 'sign_type was left out of the string. A request signs it; only notices leave it out.' },
  sign_type_signed: { zh: 'sign_type 被签进去了。通知和旧版接口的签名不包含它。', en: 'sign_type was signed. Notices and the classic protocol leave it out.' },
  parameter_left_out: { zh: '发送了但没有签名的参数：{detail}。除 sign 外的所有非空参数都要签。', en: 'Sent and not signed: {detail}. All parameters that have a value are signed, but sign.' },
  parameter_not_sent: { zh: '签了但没有发送的参数：{detail}。', en: 'Signed and not sent: {detail}.' },
  query_left_out: { zh: '只签了请求体里的参数，漏了地址里的。两处的参数要合在一起签。', en: 'Only what stands in the body was signed. Parameters of address and body are signed together.' },
  body_left_out: { zh: '只签了地址里的参数，漏了请求体里的。两处的参数要合在一起签。', en: 'Only what stands in the address was signed. Parameters of address and body are signed together.' },
  not_sorted: { zh: '参数没有按名称排序。按 ASCII 升序排列后再签。', en: 'The parameters are not sorted. Sort them by name, in ASCII order.' },
  sorted_ignoring_case: { zh: '排序时忽略了大小写。要按字节排序，大写在前。', en: 'They were sorted ignoring case. Sort by bytes, capitals first.' },
  other_charset: { zh: '签名时用的字符集是 {detail}，发送时用的是另一种。两处要一致，并与 charset 参数相同。', en: 'The string was signed in {detail} and sent in another charset. Use the one that the parameter charset names for both.' },
  values_escaped: { zh: '签名前对值做了 URL 编码。先签原文，发送时再编码。', en: 'The values were URL-encoded before signing. Sign them plain, and encode them for sending.' },
  escaped_twice: { zh: '值在发送时被 URL 编码了两次。{detail}', en: 'Values were URL-encoded twice on their way. {detail}' },
  plus_as_space: { zh: '{detail} 里的 + 到达时变成了空格：发送时没有把 + 编码为 %2B。', en: 'A + in {detail} came as a space: it was not encoded as %2B.' },
  html_escaped: { zh: '值在发送前被 HTML 转义（& 变成 &amp;，" 变成 &quot;）。表单里的值要由浏览器还原，直接请求时不要转义。', en: 'Values were escaped for HTML on their way (& as &amp;, " as &quot;). Send them plain.' },
  html_unescaped: { zh: '签名的是 HTML 转义后的值。请对原文签名。', en: 'What was signed was escaped for HTML. Sign the plain values.' },
  html_ampersand: { zh: '地址里的 & 被转义成了 &amp;，参数名因此变成 amp;…。把地址放进网页脚本或接口返回时不要做 HTML 转义。', en: 'The & of the address came as &amp;, so names begin with amp;. Do not escape the address for HTML where it is no HTML.' },
  json_respelled: { zh: '签名后 JSON 又被重新序列化过（空白、斜杠或 \\u 转义不同）。签名和发送要用同一个字符串。', en: 'The JSON was written anew after signing (blanks, slashes or \\u escapes differ). Sign and send the same text.' },
  line_ends: { zh: '换行符不同：一边是 \\r\\n，一边是 \\n。', en: 'Line ends differ: \\r\\n on one side, \\n on the other.' },
  blanks_trimmed: { zh: '签名时去掉了值两端的空白，发送时没有去掉。', en: 'Blanks around values were trimmed for signing and sent all the same.' },
  values_quoted: { zh: '签名时给值加了引号（旧版移动支付的写法）。不要加引号。', en: 'The values were signed in quotation marks, as an older mobile form has it. Leave them out.' },
  empty_kept: { zh: '空值参数被签进去了。', en: 'Parameters without a value were signed.' },
  no_last_line_end: { zh: '第三版的待签名内容每行都要以换行结束，最后一行也要。', en: 'In the third version every line ends in a line feed, the last one too.' },
  path_differs: { zh: '签名里的路径与请求的不同：要包含 /v3 开头的路径和查询串，不含域名。', en: 'The path that was signed is another one: it begins with /v3 and has the query, without the host.' },
  verb_differs: { zh: '签名里的请求方式与实际不同：用大写的 GET 或 POST。', en: 'The verb that was signed is another one: GET or POST, in capitals.' },
  body_differs: { zh: '签名里的内容与发送的不同。', en: 'The body that was signed is not the one that was sent.' },
  token_line_differs: { zh: '最后一行是 app_auth_token：有就签，没有就不要空行。', en: 'The last line is the app_auth_token: signed where there is one, and no empty line where there is none.' },
} satisfies Record<Cause, { zh: string; en: string }>)

export const keyWords = words({
  public_key: { zh: '本应用的公钥', en: "this application's public key" },
  certificate: { zh: '本应用的证书', en: "this application's certificate" },
  other: { zh: '应用 {id}', en: 'application {id}' },
})
