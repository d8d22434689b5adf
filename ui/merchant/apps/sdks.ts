// sdks are the few lines that change, by language, as docs/alipay-sdks.md has
// them, with an application's own values.
import { bare } from './keys'

export type Mode = 'key' | 'certificate'
export interface Values {
  gateway: string
  appId: string
  platformKey: string
}

export const sdks = [
  { id: 'node', name: 'Node.js', pack: 'alipay-sdk', form: 'PKCS #1' },
  { id: 'java', name: 'Java', pack: 'com.alipay.sdk:alipay-sdk-java', form: 'PKCS #8' },
  { id: 'php', name: 'PHP', pack: 'alipaysdk/openapi', form: 'PKCS #1' },
  { id: 'python', name: 'Python', pack: 'alipay-sdk-python', form: 'PKCS #1' },
  { id: 'dotnet', name: '.NET', pack: 'AlipaySDKNet.Standard', form: 'PKCS #1' },
  { id: 'go', name: 'Go', pack: 'github.com/smartwalle/alipay/v3', form: 'PKCS #1' },
] as const
export type SdkID = (typeof sdks)[number]['id']

const lines: Record<SdkID, Record<Mode, (v: Values) => string>> = {
  node: {
    key: (v) => `import { readFileSync } from 'node:fs'
import { AlipaySdk } from 'alipay-sdk'

const sdk = new AlipaySdk({
  gateway: '${v.gateway}',
  appId: '${v.appId}',
  privateKey: readFileSync('app_private_key_pkcs1.pem', 'ascii'),
  alipayPublicKey: '${bare(v.platformKey)}',
})
const answer = await sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: '1001' } }, { validateSign: true })`,
    certificate: (v) => `import { readFileSync } from 'node:fs'
import { AlipaySdk } from 'alipay-sdk'

const sdk = new AlipaySdk({
  gateway: '${v.gateway}',
  appId: '${v.appId}',
  privateKey: readFileSync('app_private_key_pkcs1.pem', 'ascii'),
  appCertPath: 'appCertPublicKey.crt',
  alipayPublicCertPath: 'alipayCertPublicKey_RSA2.crt',
  alipayRootCertPath: 'alipayRootCert.crt',
})
const answer = await sdk.exec('alipay.trade.query', { bizContent: { out_trade_no: '1001' } }, { validateSign: true })`,
  },
  java: {
    key: (v) => `AlipayConfig config = new AlipayConfig();
config.setServerUrl("${v.gateway}");
config.setAppId("${v.appId}");
config.setPrivateKey(privateKey); // PKCS #8, one line, without BEGIN and END
config.setAlipayPublicKey("${bare(v.platformKey)}");
config.setSignType("RSA2");
AlipayClient client = new DefaultAlipayClient(config);

AlipayTradeQueryRequest request = new AlipayTradeQueryRequest();
request.setBizContent("{\\"out_trade_no\\":\\"1001\\"}");
AlipayTradeQueryResponse answer = client.execute(request);`,
    certificate: (v) => `AlipayConfig config = new AlipayConfig();
config.setServerUrl("${v.gateway}");
config.setAppId("${v.appId}");
config.setPrivateKey(privateKey); // PKCS #8, one line, without BEGIN and END
config.setAppCertPath("appCertPublicKey.crt");
config.setAlipayPublicCertPath("alipayCertPublicKey_RSA2.crt");
config.setRootCertPath("alipayRootCert.crt");
config.setSignType("RSA2");
AlipayClient client = new DefaultAlipayClient(config);

AlipayTradeQueryResponse answer = client.certificateExecute(request);`,
  },
  php: {
    key: (v) => `$aop = new AopClient();
$aop->gatewayUrl = '${v.gateway}';
$aop->appId = '${v.appId}';
$aop->rsaPrivateKey = $privateKey; // PKCS #1, one line, without BEGIN and END
$aop->alipayrsaPublicKey = '${bare(v.platformKey)}';
$aop->signType = 'RSA2';
$aop->postCharset = 'UTF-8';
$aop->format = 'json';

$request = new AlipayTradeQueryRequest();
$request->setBizContent('{"out_trade_no":"1001"}');
$answer = $aop->execute($request);`,
    certificate: (v) => `$aop = new AopCertClient();
$aop->gatewayUrl = '${v.gateway}';
$aop->appId = '${v.appId}';
$aop->rsaPrivateKey = $privateKey; // PKCS #1, one line, without BEGIN and END
$aop->alipayrsaPublicKey = $aop->getPublicKey('alipayCertPublicKey_RSA2.crt');
$aop->appCertSN = $aop->getCertSN('appCertPublicKey.crt');
$aop->alipayRootCertSN = $aop->getRootCertSN('alipayRootCert.crt');
$aop->signType = 'RSA2';
$aop->postCharset = 'UTF-8';`,
  },
  python: {
    key: (v) => `config = AlipayClientConfig()
config.server_url = '${v.gateway}'
config.app_id = '${v.appId}'
config.app_private_key = app_private_key  # PKCS #1, one line, without BEGIN and END
config.alipay_public_key = '${bare(v.platformKey)}'
client = DefaultAlipayClient(alipay_client_config=config)

request = AlipayTradeQueryRequest()
request.biz_content = {'out_trade_no': '1001'}
answer = client.execute(request)`,
    certificate: (v) => `# package python-alipay-sdk
alipay = DCAliPay(
    appid='${v.appId}',
    app_notify_url=None,
    app_private_key_string=open('app_private_key_pkcs1.pem').read(),
    app_public_key_cert_string=open('appCertPublicKey.crt').read(),
    alipay_public_key_cert_string=open('alipayCertPublicKey_RSA2.crt').read(),
    alipay_root_cert_string=open('alipayRootCert.crt').read(),
)
alipay._gateway = '${v.gateway}'`,
  },
  dotnet: {
    key: (v) => `AlipayConfig config = new AlipayConfig();
config.ServerUrl = "${v.gateway}";
config.AppId = "${v.appId}";
config.PrivateKey = privateKey; // PKCS #1, one line, without BEGIN and END
config.AlipayPublicKey = "${bare(v.platformKey)}";
config.SignType = "RSA2";
IAopClient client = new DefaultAopClient(config);

AlipayTradeQueryRequest request = new AlipayTradeQueryRequest();
request.BizContent = "{\\"out_trade_no\\":\\"1001\\"}";
AlipayTradeQueryResponse answer = client.Execute(request);`,
    certificate: (v) => `AlipayConfig config = new AlipayConfig();
config.ServerUrl = "${v.gateway}";
config.AppId = "${v.appId}";
config.PrivateKey = privateKey; // PKCS #1, one line, without BEGIN and END
config.AppCertPath = "appCertPublicKey.crt";
config.AlipayPublicCertPath = "alipayCertPublicKey_RSA2.crt";
config.RootCertPath = "alipayRootCert.crt";
config.SignType = "RSA2";
IAopClient client = new DefaultAopClient(config);

AlipayTradeQueryResponse answer = client.CertificateExecute(request);`,
  },
  go: {
    key: (v) => `client, err := alipay.New("${v.appId}", privateKey, true,
	alipay.WithProductionGateway("${v.gateway}"))
if err != nil {
	return err
}
err = client.LoadAliPayPublicKey("${bare(v.platformKey)}")

answer, err := client.TradeQuery(ctx, alipay.TradeQuery{OutTradeNo: "1001"})`,
    certificate: (v) => `client, err := alipay.New("${v.appId}", privateKey, true,
	alipay.WithProductionGateway("${v.gateway}"))
if err != nil {
	return err
}
err = errors.Join(
	client.LoadAppCertPublicKeyFromFile("appCertPublicKey.crt"),
	client.LoadAliPayRootCertFromFile("alipayRootCert.crt"),
	client.LoadAlipayCertPublicKeyFromFile("alipayCertPublicKey_RSA2.crt"),
)

answer, err := client.TradeQuery(ctx, alipay.TradeQuery{OutTradeNo: "1001"})`,
  },
}

/** snippet is what a program of that language says. */
export const snippet = (sdk: SdkID, mode: Mode, values: Values) => lines[sdk][mode](values)
