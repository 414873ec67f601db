"""Which dtypes backends run, and which they refuse. Written by `python -m tools.accepted_dtypes`."""

#: For each backend the dtypes on which nothing can be run, with the layers and operations.
REFUSED = {
    "jax": {
        "": """
            Attention:score_mode=concat Attention:use_scale=True Discretization:output_mode=count
            Discretization:output_mode=one_hot GRU:unroll=True LSTM:unroll=True RNN:unroll=True
            ReLU:negative_slope ReLU:threshold Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            Resizing:interpolation=nearest SimpleRNN:unroll=True UpSampling2D:interpolation=bicubic
            UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=lanczos3
            UpSampling2D:interpolation=lanczos5 ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=lanczos3 ops.image.resize:interpolation=lanczos5
            ops.image.resize:interpolation=nearest ops.one_hot:sparse=True ops.prod:keepdims=True
        """,
        "bool": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling1D:output_size=1
            AdaptiveAveragePooling2D AdaptiveAveragePooling2D:output_size=1
            AdaptiveAveragePooling3D AdaptiveAveragePooling3D:output_size=1 Attention
            AveragePooling1D AveragePooling2D AveragePooling3D CategoryEncoding:output_mode=count
            CategoryEncoding:output_mode=one_hot PReLU ReLU:negative_slope:threshold Softmax
            Subtract ops.cdist ops.cross ops.kron ops.log_sigmoid ops.log_softmax ops.negative
            ops.one_hot ops.psnr ops.ptp ops.round ops.sign ops.softmax ops.subtract ops.vander
        """,
        "bool complex64 complex128": """
            ReLU:negative_slope:max_value ops.argpartition
        """,
        "bool float16 bfloat16 float32 float64 complex64 complex128": """
            ops.gcd ops.lcm
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            Dot:normalize UnitNormalization ops.glu ops.image.gaussian_blur ops.normalize ops.rsqrt
            ops.sigmoid ops.silu
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
            RandomSaturation STFTSpectrogram SeparableConv1D SeparableConv2D ops.erf
            ops.image.elastic_transform ops.quantile
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.stft
        """,
        "complex64 complex128": """
            AutoContrast Bidirectional ContrastLimitedAdaptiveHistogramEqualization GRU LSTM RNN
            RandomBrightness RandomContrast ReLU:max_value ReLU:threshold:max_value SimpleRNN
            ops.binary_crossentropy ops.categorical_crossentropy ops.cbrt ops.ceil ops.clip
            ops.ctc_decode ops.erfc ops.erfinv ops.floor ops.floor_divide ops.fmod ops.heaviside
            ops.hypot ops.image.affine_transform ops.isneginf ops.isposinf ops.median ops.mod
            ops.nanargmax ops.nanargmin ops.nanmedian ops.nextafter ops.saturate_cast
            ops.sparse_sigmoid ops.top_k ops.trunc ops.unravel_index
        """,
        "float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_and ops.bitwise_left_shift ops.bitwise_or ops.bitwise_right_shift
            ops.bitwise_xor ops.left_shift ops.right_shift
        """,
        "float8_e4m3fn float8_e5m2": """
            GroupNormalization LayerNormalization ops.image.perspective_transform
            ops.image.rgb_to_grayscale ops.image.ssim ops.layer_normalization ops.norm
            ops.rms_normalization ops.view_as_complex
        """,
        "float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.argmax ops.argmin ops.gelu:approximate=False ops.signbit
            ops.sparse_categorical_crossentropy
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky ops.det ops.eig ops.eigh ops.inv ops.logdet ops.lstsq ops.lu_factor
            ops.matrix_rank ops.pinv ops.qr ops.slogdet ops.solve ops.svd
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.polar ops.rfft
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "uint8 uint16 uint32 uint64": """
            ops.image.sobel_edges
        """,
    },
    "tensorflow": {
        "": """
            CategoryEncoding:output_mode=count CategoryEncoding:output_mode=one_hot
            ops.one_hot:sparse=True
        """,
        "bfloat16": """
            ops.i0
        """,
        "bool": """
            Add Average Multiply Subtract ops.add ops.cdist ops.conjugate ops.hypot ops.kron
            ops.multiply ops.power ops.subtract
        """,
        "bool complex64 complex128": """
            Activation AdditiveAttention Attention:score_mode=concat LeakyReLU Maximum Minimum
            RandomBrightness ReLU ReLU:max_value ReLU:negative_slope ReLU:threshold
            ReLU:threshold:max_value ops.cross ops.floor_divide ops.fmax ops.fmin ops.heaviside
            ops.maximum ops.minimum
        """,
        "bool float16 bfloat16 float32 float64 complex64 complex128": """
            HashedCrossing ops.bitwise_and ops.bitwise_left_shift ops.bitwise_or
            ops.bitwise_right_shift ops.bitwise_xor ops.gcd ops.lcm ops.left_shift ops.right_shift
        """,
        "bool float8_e4m3fn float8_e5m2": """
            ops.fold ops.psnr ops.real ops.unfold ops.view ops.view_as_real
        """,
        "bool float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.greater ops.greater_equal ops.leaky_relu ops.less ops.less_equal
            ops.moments:synchronized=True ops.ptp ops.relu ops.relu6 ops.round ops.searchsorted
            ops.top_k ops.unique ops.unravel_index
        """,
        "bool float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "bool uint16 uint32 uint64 int8 int16 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.affine_transform
        """,
        "bool uint32 uint64 complex64 complex128": """
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D MaxPooling1D MaxPooling2D Resizing
            Resizing:interpolation=area Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            Resizing:interpolation=nearest UpSampling2D:interpolation=area
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5
        """,
        "bool uint32 uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.resize ops.image.resize:interpolation=area
            ops.image.resize:interpolation=bicubic ops.image.resize:interpolation=lanczos3
            ops.image.resize:interpolation=lanczos5 ops.image.resize:interpolation=nearest
            ops.max_pool
        """,
        "bool uint64 float8_e4m3fn float8_e5m2": """
            ops.sign
        """,
        "bool uint8 uint16 uint32 uint64": """
            ops.geomspace
        """,
        "bool uint8 uint16 uint32 uint64 float8_e4m3fn float8_e5m2": """
            ops.negative
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 complex64 complex128": """
            ops.dot_product_attention
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 float8_e4m3fn float8_e5m2": """
            ops.moments
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 bfloat16 complex64 complex128": """
            STFTSpectrogram
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling1D:output_size=1
            AdaptiveAveragePooling2D AdaptiveAveragePooling2D:output_size=1 Attention
            AveragePooling1D AveragePooling2D Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D
            Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D DepthwiseConv1D DepthwiseConv2D
            Dot:normalize ELU PReLU RandomContrast RandomSaturation ReLU:negative_slope:max_value
            ReLU:negative_slope:threshold SeparableConv1D SeparableConv2D Softmax UnitNormalization
            ops.erfc
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float64 complex64 complex128": """
            AdaptiveAveragePooling3D AdaptiveAveragePooling3D:output_size=1 AdaptiveMaxPooling3D
            AveragePooling3D MaxPooling3D
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.batch_normalization ops.glu ops.hard_shrink ops.reciprocal ops.rsqrt ops.sigmoid
            ops.silu ops.squareplus ops.tanh_shrink
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 bfloat16": """
            ops.inv ops.qr
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.average_pool ops.binary_crossentropy ops.categorical_crossentropy ops.celu
            ops.depthwise_conv ops.elu ops.erf ops.erfinv ops.gelu ops.gelu:approximate=False
            ops.hard_sigmoid ops.hard_silu ops.hard_tanh ops.image.elastic_transform
            ops.image.gaussian_blur ops.image.map_coordinates ops.image.sobel_edges ops.log_sigmoid
            ops.log_softmax ops.logsumexp ops.normalize ops.selu ops.separable_conv ops.soft_shrink
            ops.softmax ops.softplus ops.softsign ops.sparse_categorical_crossentropy
            ops.sparse_plus ops.sparse_sigmoid ops.sparsemax ops.threshold
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky_inverse ops.det ops.eig ops.eigh ops.logdet ops.lstsq ops.lu_factor
            ops.slogdet ops.solve ops.solve_triangular ops.svd
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.cholesky ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.matrix_rank ops.pinv
            ops.polar ops.rfft ops.stft
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.view_as_complex
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.conv ops.image.extract_patches
        """,
        "complex64 complex128": """
            Attention:use_scale=True AutoContrast Bidirectional
            ContrastLimitedAdaptiveHistogramEqualization GRU GRU:unroll=True GlobalMaxPooling1D
            GlobalMaxPooling2D GlobalMaxPooling3D GroupQueryAttention LSTM LSTM:unroll=True
            MultiHeadAttention RNN RNN:unroll=True SimpleRNN SimpleRNN:unroll=True ops.arctan2
            ops.ceil ops.ctc_decode ops.floor ops.fmod ops.isfinite ops.isinf ops.isnan
            ops.logaddexp ops.logaddexp2 ops.median ops.mod ops.nan_to_num ops.nanmax ops.nanmedian
            ops.nanmin ops.nanpercentile ops.nanquantile ops.nanstd ops.nanvar ops.quantile
        """,
        "float64": """
            MelSpectrogram
        """,
        "float8_e4m3fn float8_e5m2": """
            GroupNormalization LayerNormalization ops.absolute ops.allclose ops.count_nonzero
            ops.cumprod ops.cumsum ops.depth_to_space ops.diag ops.diagflat ops.diagonal ops.diff
            ops.empty_like ops.equal ops.exp ops.exp2 ops.expm1 ops.fabs ops.flip ops.fliplr
            ops.flipud ops.full_like ops.imag ops.image.hsv_to_rgb ops.image.pad_images
            ops.image.rgb_to_grayscale ops.image.rgb_to_hsv ops.isclose ops.layer_normalization
            ops.nanprod ops.norm ops.not_equal ops.ones_like ops.prod ops.prod:keepdims=True
            ops.repeat ops.rms_normalization ops.roll ops.rot90 ops.space_to_depth ops.square
            ops.std ops.trace ops.tril ops.triu ops.vander ops.zeros_like
        """,
        "float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.amax ops.amin ops.argmax ops.argmin ops.argsort ops.clip ops.image.ssim ops.isin
            ops.max ops.min ops.nanargmax ops.nanargmin ops.nancumprod ops.nancumsum ops.percentile
            ops.sort ops.trunc
        """,
        "uint16 float8_e4m3fn float8_e5m2": """
            ops.tile
        """,
        "uint64": """
            ops.corrcoef
        """,
        "uint64 complex64 complex128": """
            Discretization Discretization:output_mode=count Discretization:output_mode=one_hot
        """,
        "uint64 float8_e4m3fn float8_e5m2": """
            ops.deg2rad ops.rad2deg
        """,
        "uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.digitize ops.saturate_cast
        """,
    },
    "torch": {
        "bool uint64": """
            Subtract ops.cdist ops.cross ops.power ops.subtract
        """,
        "bool uint64 complex64 complex128": """
            Activation MaxPooling2D MaxPooling3D PReLU RandomContrast ReLU ReLU:max_value
            ops.floor_divide ops.hypot ops.linspace
        """,
        "bool uint64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_left_shift ops.bitwise_right_shift ops.gcd ops.lcm ops.left_shift
            ops.right_shift
        """,
        "bool uint64 float8_e4m3fn float8_e5m2": """
            ops.conv ops.depthwise_conv ops.image.extract_patches ops.image.sobel_edges
            ops.negative ops.separable_conv ops.softsign ops.tanh_shrink
        """,
        "bool uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.image.affine_transform ops.image.map_coordinates ops.max_pool ops.ptp ops.relu
            ops.relu6 ops.round ops.searchsorted ops.sparsemax ops.threshold ops.top_k
        """,
        "bool uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.unravel_index
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            AdaptiveAveragePooling1D:output_size=1 AdaptiveAveragePooling2D:output_size=1
            AdaptiveAveragePooling3D:output_size=1
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128": """
            AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
            AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Attention Conv1D
            Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D
            ConvLSTM3D DepthwiseConv1D DepthwiseConv2D ELU EinsumDense GroupQueryAttention
            LeakyReLU MaxPooling1D MultiHeadAttention RandomSaturation ReLU:negative_slope
            ReLU:negative_slope:max_value ReLU:negative_slope:threshold SeparableConv1D
            SeparableConv2D Softmax ops.dot_product_attention
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.batch_normalization ops.moments ops.psnr ops.silu
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.binary_crossentropy ops.celu ops.elu ops.gelu ops.gelu:approximate=False ops.glu
            ops.hard_shrink ops.hard_sigmoid ops.hard_silu ops.image.elastic_transform
            ops.image.gaussian_blur ops.leaky_relu ops.log_sigmoid ops.log_softmax ops.selu
            ops.soft_shrink ops.softmax ops.softplus
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16": """
            ops.cholesky ops.det ops.eig ops.eigh ops.inv ops.logdet ops.lstsq ops.lu_factor
            ops.matrix_rank ops.pinv ops.qr ops.slogdet ops.solve ops.solve_triangular ops.svd
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.fft ops.fft2 ops.ifft2 ops.irfft ops.istft ops.stft
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.imag ops.view_as_real
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 complex64 complex128": """
            AveragePooling1D AveragePooling2D
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 float16 bfloat16 complex64 complex128": """
            AveragePooling3D
        """,
        "bool uint8 uint16 uint64 int8 int16 int32 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.average_pool
        """,
        "bool uint8 uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            ops.hard_tanh
        """,
        "float8_e4m3fn float8_e5m2": """
            ops.image.hsv_to_rgb ops.image.rgb_to_hsv
        """,
        "uint64": """
            ActivityRegularization Add AlphaDropout AugMix Average BatchNormalization Bidirectional
            CategoryEncoding CategoryEncoding:output_mode=count
            CategoryEncoding:output_mode=one_hot CenterCrop Concatenate Cropping1D Cropping2D
            Cropping3D CutMix Dense Dot Dropout Embedding Flatten GRU GRU:unroll=True
            GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D Identity LSTM LSTM:unroll=True Masking MaxNumBoundingBoxes
            MelSpectrogram MixUp Multiply Normalization Permute RMSNormalization RNN
            RNN:unroll=True RandAugment RandomColorDegeneration RandomColorJitter RandomCrop
            RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale
            RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation
            RandomSharpness RandomShear RandomTranslation RandomZoom RepeatVector Rescaling Reshape
            Resizing Resizing:interpolation=bicubic Resizing:interpolation=nearest
            ReversibleEmbedding SimpleRNN SimpleRNN:unroll=True Solarization SpatialDropout1D
            SpatialDropout2D SpatialDropout3D SpectralNormalization TimeDistributed UpSampling1D
            UpSampling2D UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.absolute ops.add ops.all
            ops.angle ops.any ops.append ops.arccos ops.arccosh ops.arcsin ops.arcsinh ops.arctan
            ops.arctanh ops.argpartition ops.array ops.array_split ops.average ops.broadcast_to
            ops.cast ops.concatenate ops.conjugate ops.convert_to_tensor ops.copy ops.corrcoef
            ops.correlate ops.cos ops.cosh ops.depth_to_space ops.diag ops.diagflat ops.diagonal
            ops.divide ops.divide_no_nan ops.dot ops.dsplit ops.dstack ops.empty_like ops.equal
            ops.expand_dims ops.extract_sequences ops.fabs ops.flipud ops.full_like ops.get_item
            ops.hsplit ops.hstack ops.i0 ops.image.crop_images ops.image.pad_images
            ops.image.resize ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=nearest ops.inner ops.isnan ops.isreal ops.kron ops.log
            ops.log10 ops.log1p ops.log2 ops.logaddexp ops.matmul ops.mean ops.moveaxis
            ops.multi_hot ops.multiply ops.nextafter ops.not_equal ops.one_hot ops.ones_like
            ops.outer ops.ravel ops.real ops.repeat ops.reshape ops.roll ops.sin ops.sinc ops.sinh
            ops.size ops.space_to_depth ops.split ops.sqrt ops.squeeze ops.stack ops.stop_gradient
            ops.sum ops.swapaxes ops.tan ops.tanh ops.tensordot ops.tile ops.transpose
            ops.trapezoid ops.true_divide ops.unstack ops.var ops.view ops.vsplit ops.vstack
            ops.where ops.zeros_like
        """,
        "uint64 complex64 complex128": """
            AdditiveAttention Attention:score_mode=concat Attention:use_scale=True AutoContrast
            ContrastLimitedAdaptiveHistogramEqualization Discretization
            Discretization:output_mode=count Discretization:output_mode=one_hot Dot:normalize
            GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D Maximum Minimum
            RandomBrightness ReLU:threshold ReLU:threshold:max_value UnitNormalization ops.arctan2
            ops.ceil ops.ctc_decode ops.erfc ops.floor ops.fmax ops.fmin ops.fmod ops.geomspace
            ops.heaviside ops.logaddexp2 ops.logspace ops.maximum ops.median ops.minimum ops.mod
            ops.nanmax ops.nanmean ops.nanmedian ops.nanmin ops.nanstd ops.nansum ops.nanvar
            ops.quantile
        """,
        "uint64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_and ops.bitwise_or ops.bitwise_xor
        """,
        "uint64 float8_e4m3fn": """
            ops.isfinite ops.isinf
        """,
        "uint64 float8_e4m3fn float8_e5m2": """
            GroupNormalization ops.allclose ops.count_nonzero ops.cumprod ops.cumsum ops.diff
            ops.exp ops.exp2 ops.expm1 ops.flip ops.fliplr ops.image.rgb_to_grayscale ops.isclose
            ops.logical_and ops.logical_not ops.logical_or ops.logical_xor ops.logsumexp
            ops.nan_to_num ops.nancumprod ops.nancumsum ops.nanprod ops.norm ops.prod
            ops.prod:keepdims=True ops.reciprocal ops.rms_normalization ops.rot90 ops.rsqrt
            ops.sigmoid ops.square ops.squareplus ops.std ops.trace ops.tril ops.triu ops.vander
        """,
        "uint64 float8_e4m3fn float8_e5m2 complex64 complex128": """
            LayerNormalization ops.amax ops.amin ops.argmax ops.argmin ops.argsort
            ops.categorical_crossentropy ops.cbrt ops.clip ops.deg2rad ops.digitize ops.erf
            ops.erfinv ops.greater ops.greater_equal ops.image.ssim ops.isin ops.isneginf
            ops.isposinf ops.layer_normalization ops.less ops.less_equal ops.max ops.min
            ops.nanargmax ops.nanargmin ops.normalize ops.rad2deg ops.saturate_cast ops.sign
            ops.signbit ops.sort ops.sparse_categorical_crossentropy ops.sparse_plus
            ops.sparse_sigmoid ops.trunc ops.unique
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16": """
            ops.view_as_complex
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 complex64 complex128": """
            ops.polar ops.rfft
        """,
        "uint64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.bitwise_invert ops.bitwise_not
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2": """
            ops.fold ops.unfold
        """,
    },
}
#: For each backend the layers that give the dtype of their integers when they run; Keras declares
#: their results as floats.
PASSES = {
    "jax": """
        Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D Add AlphaDropout Concatenate
        ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dot Dropout
        GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum Multiply
        RMSNormalization RandomBrightness ReLU ReLU:max_value ReLU:threshold
        ReLU:threshold:max_value RepeatVector Resizing Resizing:interpolation=bicubic
        Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
        Resizing:interpolation=nearest SpatialDropout1D SpatialDropout2D SpatialDropout3D
        SpectralNormalization Subtract UpSampling1D UpSampling2D UpSampling2D:interpolation=bicubic
        UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=lanczos3
        UpSampling2D:interpolation=lanczos5 UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        ops.searchsorted ops.view_as_real
    """,
    "tensorflow": """
        Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D Add
        AlphaDropout Concatenate ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D
        Cropping3D Dot Dropout GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D
        GlobalMaxPooling3D Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D Maximum Minimum
        Multiply RMSNormalization RandomBrightness ReLU ReLU:max_value ReLU:threshold
        ReLU:threshold:max_value RepeatVector Resizing Resizing:interpolation=area
        Resizing:interpolation=bicubic Resizing:interpolation=lanczos3
        Resizing:interpolation=lanczos5 Resizing:interpolation=nearest SpatialDropout1D
        SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract UpSampling1D UpSampling2D
        UpSampling2D:interpolation=area UpSampling2D:interpolation=bicubic
        UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=lanczos3
        UpSampling2D:interpolation=lanczos5 UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        ops.view_as_real
    """,
    "torch": """
        Activation ActivityRegularization Add AlphaDropout Concatenate
        ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dot Dropout
        GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        Masking MaxNumBoundingBoxes MaxPooling2D MaxPooling3D Maximum Minimum Multiply
        RMSNormalization RandomBrightness ReLU ReLU:max_value ReLU:threshold
        ReLU:threshold:max_value RepeatVector Resizing Resizing:interpolation=bicubic
        Resizing:interpolation=nearest SpatialDropout1D SpatialDropout2D SpatialDropout3D
        SpectralNormalization Subtract UpSampling1D UpSampling2D UpSampling2D:interpolation=bicubic
        UpSampling2D:interpolation=bilinear UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """,
}
#: For each backend some dtypes and, as the last one, that of what is made of each when a model runs,
#: where neither Keras declares that one nor `PASSES` says so, with the layers and operations.
GIVES: dict[str, dict[str, str]] = {
    "jax": {
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex128 complex64": """
            ops.eig
        """,
        "complex128 complex64": """
            Flatten Identity Permute RandomGrayscale Reshape SpectralNormalization ops.amax
            ops.amin ops.array ops.array_split ops.batch_normalization ops.broadcast_to ops.celu
            ops.cholesky ops.conjugate ops.conv ops.convert_to_tensor ops.copy ops.cumprod
            ops.cumsum ops.depth_to_space ops.depthwise_conv ops.det ops.diag ops.diagflat
            ops.diagonal ops.diff ops.dsplit ops.elu ops.empty_like ops.exp ops.exp2
            ops.expand_dims ops.expm1 ops.extract_sequences ops.flip ops.fliplr ops.flipud ops.fold
            ops.full_like ops.gelu ops.get_item ops.glu ops.hard_shrink ops.hard_sigmoid
            ops.hard_silu ops.hard_tanh ops.hsplit ops.image.crop_images ops.image.extract_patches
            ops.image.gaussian_blur ops.image.pad_images ops.image.perspective_transform
            ops.image.resize ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=lanczos3 ops.image.resize:interpolation=lanczos5
            ops.image.resize:interpolation=nearest ops.image.rgb_to_grayscale ops.image.sobel_edges
            ops.image.ssim ops.inv ops.layer_normalization ops.leaky_relu ops.log_sigmoid
            ops.log_softmax ops.lstsq ops.lu_factor ops.max ops.mean ops.min ops.moments
            ops.moveaxis ops.nan_to_num ops.nancumprod ops.nancumsum ops.nanprod ops.negative
            ops.ones_like ops.pinv ops.prod ops.ptp ops.qr ops.ravel ops.relu ops.relu6 ops.repeat
            ops.reshape ops.rms_normalization ops.roll ops.rot90 ops.round ops.rsqrt ops.selu
            ops.separable_conv ops.sigmoid ops.sign ops.silu ops.slogdet ops.soft_shrink
            ops.softmax ops.softplus ops.softsign ops.solve ops.solve_triangular ops.sort
            ops.space_to_depth ops.sparse_plus ops.sparsemax ops.split ops.square ops.squareplus
            ops.squeeze ops.stop_gradient ops.svd ops.swapaxes ops.tanh_shrink ops.threshold
            ops.tile ops.trace ops.transpose ops.tril ops.triu ops.unfold ops.unique ops.unstack
            ops.vander ops.view ops.vsplit ops.zeros_like
        """,
        "complex64 complex128 complex64": """
            Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
            AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
            Add AdditiveAttention AlphaDropout Attention Attention:score_mode=concat
            Attention:use_scale=True Average AveragePooling1D AveragePooling2D AveragePooling3D
            Concatenate Cropping1D Cropping2D Cropping3D Dense Dot Dot:normalize Dropout ELU
            EinsumDense GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
            GroupQueryAttention LeakyReLU Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D
            MaxPooling3D Maximum Minimum MultiHeadAttention Multiply PReLU RMSNormalization ReLU
            ReLU:negative_slope ReLU:negative_slope:threshold ReLU:threshold RepeatVector Resizing
            Resizing:interpolation=bicubic Resizing:interpolation=lanczos3
            Resizing:interpolation=lanczos5 Resizing:interpolation=nearest Softmax SpatialDropout1D
            SpatialDropout2D SpatialDropout3D Subtract TimeDistributed UnitNormalization
            UpSampling1D UpSampling2D UpSampling2D:interpolation=bicubic
            UpSampling2D:interpolation=bilinear UpSampling2D:interpolation=lanczos3
            UpSampling2D:interpolation=lanczos5 UpSampling3D ZeroPadding1D ZeroPadding2D
            ZeroPadding3D ops.correlate ops.deg2rad ops.logsumexp ops.normalize ops.psnr
            ops.rad2deg ops.reciprocal
        """,
        "bool float32": """
            ops.heaviside ops.hypot
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32": """
            ReLU:negative_slope ops.binary_crossentropy ops.categorical_crossentropy ops.celu
            ops.cholesky ops.det ops.elu ops.erfinv ops.gelu ops.hard_shrink ops.hard_sigmoid
            ops.hard_silu ops.inv ops.leaky_relu ops.lstsq ops.lu_factor ops.moments ops.pinv
            ops.qr ops.relu6 ops.rfft ops.selu ops.slogdet ops.soft_shrink ops.softplus
            ops.softsign ops.solve ops.solve_triangular ops.sparse_categorical_crossentropy
            ops.sparse_plus ops.sparse_sigmoid ops.sparsemax ops.squareplus ops.svd ops.tanh_shrink
            ops.threshold
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128 float32": """
            ops.eigh ops.logdet ops.multi_hot
        """,
        "complex64 complex128 float32": """
            ops.absolute ops.angle ops.imag ops.nanstd ops.nanvar ops.norm ops.real ops.std
        """,
        "int64 float32": """
            ops.corrcoef ops.deg2rad ops.i0 ops.rad2deg
        """,
        "uint64 int64 float32": """
            ops.cbrt
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32": """
            ReLU:negative_slope:max_value ReLU:negative_slope:threshold ops.batch_normalization
            ops.log_sigmoid ops.log_softmax ops.softmax
        """,
        "bool int32": """
            ops.bitwise_left_shift ops.bitwise_right_shift ops.floor_divide ops.left_shift
            ops.power ops.right_shift
        """,
        "bool int64 int32": """
            ops.hard_tanh ops.relu ops.unravel_index
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int64 int32": """
            ops.searchsorted
        """,
        "int64 int32": """
            Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D
            AdaptiveMaxPooling3D Add AlphaDropout Concatenate
            ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dropout
            Flatten GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D
            GlobalMaxPooling3D Identity Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D
            MaxPooling3D Maximum Minimum Multiply Permute RMSNormalization RandomBrightness
            RandomGrayscale ReLU ReLU:max_value ReLU:threshold ReLU:threshold:max_value
            RepeatVector Reshape Resizing Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            Resizing:interpolation=nearest SpatialDropout1D SpatialDropout2D SpatialDropout3D
            SpectralNormalization Subtract UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5 UpSampling3D
            ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.absolute ops.amax ops.amin ops.array
            ops.array_split ops.bitwise_invert ops.bitwise_not ops.broadcast_to ops.clip
            ops.conjugate ops.conv ops.convert_to_tensor ops.copy ops.cumprod ops.cumsum
            ops.depth_to_space ops.depthwise_conv ops.diag ops.diagflat ops.diagonal ops.diff
            ops.dsplit ops.empty_like ops.expand_dims ops.extract_sequences ops.flip ops.fliplr
            ops.flipud ops.fold ops.full_like ops.get_item ops.hsplit ops.imag
            ops.image.affine_transform ops.image.crop_images ops.image.extract_patches
            ops.image.map_coordinates ops.image.pad_images ops.image.perspective_transform
            ops.image.resize ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=lanczos3 ops.image.resize:interpolation=lanczos5
            ops.image.resize:interpolation=nearest ops.image.rgb_to_grayscale ops.image.sobel_edges
            ops.image.ssim ops.layer_normalization ops.max ops.min ops.moveaxis ops.nan_to_num
            ops.nancumprod ops.nancumsum ops.nanprod ops.negative ops.ones_like ops.prod ops.ptp
            ops.ravel ops.real ops.repeat ops.reshape ops.rms_normalization ops.roll ops.rot90
            ops.round ops.separable_conv ops.sign ops.sort ops.space_to_depth ops.split ops.square
            ops.squeeze ops.stop_gradient ops.swapaxes ops.tile ops.top_k ops.trace ops.transpose
            ops.tril ops.triu ops.trunc ops.unfold ops.unique ops.unstack ops.vander ops.view
            ops.view_as_real ops.vsplit ops.zeros_like
        """,
        "int8 int64 int32": """
            Dot
        """,
        "uint64 uint32": """
            Activation ActivityRegularization AdaptiveMaxPooling1D AdaptiveMaxPooling2D
            AdaptiveMaxPooling3D Add AlphaDropout Concatenate
            ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dot
            Dropout Flatten GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D
            GlobalMaxPooling3D Identity Masking MaxNumBoundingBoxes MaxPooling1D MaxPooling2D
            MaxPooling3D Maximum Minimum Multiply Permute RMSNormalization RandomBrightness
            RandomGrayscale ReLU ReLU:max_value ReLU:threshold ReLU:threshold:max_value
            RepeatVector Reshape Resizing Resizing:interpolation=bicubic
            Resizing:interpolation=lanczos3 Resizing:interpolation=lanczos5
            Resizing:interpolation=nearest SpatialDropout1D SpatialDropout2D SpatialDropout3D
            SpectralNormalization Subtract UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling2D:interpolation=lanczos3 UpSampling2D:interpolation=lanczos5 UpSampling3D
            ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.absolute ops.amax ops.amin ops.array
            ops.array_split ops.bitwise_invert ops.bitwise_not ops.broadcast_to ops.clip
            ops.conjugate ops.conv ops.convert_to_tensor ops.copy ops.cumprod ops.cumsum
            ops.depth_to_space ops.depthwise_conv ops.diag ops.diagflat ops.diagonal ops.diff
            ops.dsplit ops.empty_like ops.expand_dims ops.extract_sequences ops.flip ops.fliplr
            ops.flipud ops.fold ops.full_like ops.get_item ops.hard_tanh ops.hsplit ops.imag
            ops.image.affine_transform ops.image.crop_images ops.image.extract_patches
            ops.image.map_coordinates ops.image.pad_images ops.image.perspective_transform
            ops.image.resize ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=lanczos3 ops.image.resize:interpolation=lanczos5
            ops.image.resize:interpolation=nearest ops.image.rgb_to_grayscale ops.image.ssim
            ops.layer_normalization ops.max ops.min ops.moveaxis ops.nan_to_num ops.nancumprod
            ops.nancumsum ops.nanprod ops.negative ops.ones_like ops.prod ops.ptp ops.ravel
            ops.real ops.relu ops.repeat ops.reshape ops.rms_normalization ops.roll ops.rot90
            ops.round ops.separable_conv ops.sign ops.sort ops.space_to_depth ops.split ops.square
            ops.squeeze ops.stop_gradient ops.swapaxes ops.tile ops.top_k ops.trace ops.transpose
            ops.tril ops.triu ops.trunc ops.unfold ops.unique ops.unravel_index ops.unstack
            ops.vander ops.view ops.view_as_real ops.vsplit ops.zeros_like
        """,
    },
    "tensorflow": {
        "complex128 complex128": """
            ActivityRegularization AlphaDropout Concatenate Cropping1D Cropping2D Cropping3D
            Dropout GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D MaxNumBoundingBoxes RMSNormalization RepeatVector
            SpatialDropout1D SpatialDropout2D SpatialDropout3D UpSampling1D UpSampling2D
            UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.concatenate ops.corrcoef
            ops.deg2rad ops.dstack ops.hstack ops.nansum ops.rad2deg ops.reciprocal ops.stack
            ops.sum ops.view_as_complex ops.vstack
        """,
        "complex128 complex64": """
            RandomGrayscale ops.full_like ops.nanprod ops.norm ops.prod ops.vander
        """,
        "complex64 complex64": """
            ActivityRegularization AlphaDropout Concatenate Cropping1D Cropping2D Cropping3D
            Dropout GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D MaxNumBoundingBoxes RMSNormalization RepeatVector
            SpatialDropout1D SpatialDropout2D SpatialDropout3D UpSampling1D UpSampling2D
            UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.deg2rad ops.rad2deg
            ops.reciprocal
        """,
        "complex64 complex128 complex64": """
            Add Average Dense Dot EinsumDense Masking Multiply Subtract TimeDistributed ops.psnr
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128 float32": """
            ops.multi_hot
        """,
        "complex64 float32": """
            ops.absolute ops.imag ops.logdet ops.real ops.std
        """,
        "complex64 complex128 float32": """
            ops.angle ops.geomspace ops.hypot ops.nanmean
        """,
        "uint64 complex64 complex128 float32": """
            ops.cbrt
        """,
        "uint8 uint16 int8 int16 float32": """
            ops.moments:synchronized=True
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32": """
            ReLU:negative_slope ops.leaky_relu
        """,
        "complex128 float64": """
            ops.absolute ops.imag ops.logdet ops.real ops.std ops.view_as_real
        """,
        "uint32 uint64 int32 int64 float64": """
            Average ops.moments:synchronized=True
        """,
        "int8 int32": """
            Dot
        """,
        "uint64 uint32": """
            Add Dot Masking Maximum Minimum Multiply RandomGrayscale ReLU:threshold
            ReLU:threshold:max_value Subtract ops.full_like ops.nanprod ops.prod ops.vander
        """,
        "uint64 uint64": """
            ops.concatenate ops.dstack ops.hstack ops.nanmax ops.nanmin ops.nansum ops.stack
            ops.sum ops.vstack
        """,
    },
    "torch": {
        "complex128 complex128": """
            ActivityRegularization AdaptiveAveragePooling1D:output_size=1
            AdaptiveAveragePooling2D:output_size=1 AdaptiveAveragePooling3D:output_size=1 Add
            AlphaDropout Average Concatenate Cropping1D Cropping2D Cropping3D Dropout
            GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D Masking MaxNumBoundingBoxes Multiply RMSNormalization
            RepeatVector Resizing Resizing:interpolation=bicubic Resizing:interpolation=nearest
            SpatialDropout1D SpatialDropout2D SpatialDropout3D Subtract UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear UpSampling3D
            ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.add ops.append ops.arccos ops.arccosh
            ops.arcsin ops.arcsinh ops.arctan ops.arctanh ops.cdist ops.concatenate ops.corrcoef
            ops.cos ops.cosh ops.divide ops.dstack ops.hstack ops.kron ops.log ops.log10 ops.log1p
            ops.log2 ops.logsumexp ops.multiply ops.outer ops.power ops.psnr ops.reciprocal ops.sin
            ops.sinc ops.sinh ops.sqrt ops.stack ops.subtract ops.sum ops.tan ops.tanh
            ops.trapezoid ops.true_divide ops.view_as_complex ops.vstack ops.where
        """,
        "complex128 complex64": """
            ops.cumprod ops.cumsum ops.nancumprod ops.nancumsum ops.nanprod ops.prod ops.vander
        """,
        "complex64 complex64": """
            ActivityRegularization AdaptiveAveragePooling1D:output_size=1
            AdaptiveAveragePooling2D:output_size=1 AdaptiveAveragePooling3D:output_size=1 Add
            AlphaDropout Average Concatenate Cropping1D Cropping2D Cropping3D Dropout
            GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
            GlobalAveragePooling3D Masking MaxNumBoundingBoxes Multiply RMSNormalization
            RepeatVector Resizing Resizing:interpolation=bicubic Resizing:interpolation=nearest
            SpatialDropout1D SpatialDropout2D SpatialDropout3D Subtract UpSampling1D UpSampling2D
            UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear UpSampling3D
            ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.logsumexp ops.psnr ops.reciprocal
        """,
        "complex64 complex128 complex64": """
            Dense Dot TimeDistributed
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float32": """
            Dot:normalize ops.categorical_crossentropy ops.erf ops.erfinv ops.rfft ops.rsqrt
            ops.sigmoid ops.sparse_categorical_crossentropy ops.sparse_plus ops.sparse_sigmoid
            ops.squareplus
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 complex64 complex128 float32": """
            ops.multi_hot ops.view
        """,
        "complex64 float32": """
            ops.absolute ops.angle ops.eigh ops.imag ops.real ops.std
        """,
        "complex64 complex128 float32": """
            ops.norm
        """,
        "uint8 uint16 uint32 int8 int16 int32 int64 float32": """
            ops.softsign ops.sparsemax ops.tanh_shrink
        """,
        "complex128 float64": """
            ops.absolute ops.angle ops.eigh ops.imag ops.real ops.std ops.view_as_real
        """,
        "uint32 float64": """
            ops.cbrt ops.corrcoef ops.deg2rad ops.i0 ops.rad2deg
        """,
        "int64 int32": """
            ops.nanprod ops.prod
        """,
        "uint16 int32": """
            Activation ActivityRegularization Add AlphaDropout Concatenate
            ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dropout
            Flatten GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D
            GlobalMaxPooling3D Identity Masking MaxNumBoundingBoxes MaxPooling2D MaxPooling3D
            Multiply Permute RMSNormalization RandomBrightness RandomGrayscale ReLU ReLU:max_value
            ReLU:threshold ReLU:threshold:max_value RepeatVector Reshape Resizing
            Resizing:interpolation=bicubic Resizing:interpolation=nearest SpatialDropout1D
            SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract UpSampling1D
            UpSampling2D UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.absolute ops.add ops.amax
            ops.amin ops.append ops.array ops.array_split ops.bitwise_and ops.bitwise_invert
            ops.bitwise_left_shift ops.bitwise_not ops.bitwise_or ops.bitwise_right_shift
            ops.bitwise_xor ops.broadcast_to ops.clip ops.concatenate ops.conjugate ops.conv
            ops.convert_to_tensor ops.copy ops.depth_to_space ops.depthwise_conv ops.diag
            ops.diagflat ops.diagonal ops.diff ops.dsplit ops.dstack ops.empty_like ops.expand_dims
            ops.extract_sequences ops.flip ops.fliplr ops.flipud ops.fmod ops.full_like ops.gcd
            ops.get_item ops.hard_tanh ops.hsplit ops.hstack ops.image.affine_transform
            ops.image.crop_images ops.image.extract_patches ops.image.map_coordinates
            ops.image.pad_images ops.image.resize ops.image.resize:interpolation=bicubic
            ops.image.resize:interpolation=nearest ops.image.rgb_to_grayscale ops.image.sobel_edges
            ops.image.ssim ops.kron ops.layer_normalization ops.lcm ops.left_shift ops.max
            ops.max_pool ops.min ops.mod ops.moveaxis ops.multiply ops.nan_to_num ops.nanmax
            ops.nanmin ops.negative ops.ones_like ops.outer ops.power ops.ptp ops.ravel ops.real
            ops.relu ops.relu6 ops.repeat ops.reshape ops.right_shift ops.rms_normalization
            ops.roll ops.rot90 ops.round ops.separable_conv ops.sign ops.sort ops.space_to_depth
            ops.split ops.square ops.squeeze ops.stack ops.stop_gradient ops.subtract ops.swapaxes
            ops.threshold ops.tile ops.top_k ops.transpose ops.tril ops.triu ops.trunc ops.unique
            ops.unstack ops.vsplit ops.vstack ops.where ops.zeros_like
        """,
        "uint16 uint32 int32": """
            ops.cross ops.dot ops.floor_divide ops.fmax ops.fmin ops.inner ops.matmul ops.maximum
            ops.minimum ops.tensordot
        """,
        "uint16 uint32 int64 int32": """
            Maximum Minimum ops.cumprod ops.cumsum ops.nancumprod ops.nancumsum ops.unravel_index
            ops.vander
        """,
        "uint16 uint32 int8 int64 int32": """
            Dot
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 complex64 complex128 int64": """
            ops.size
        """,
        "uint32 int64": """
            Activation ActivityRegularization Add AlphaDropout Concatenate
            ContrastLimitedAdaptiveHistogramEqualization Cropping1D Cropping2D Cropping3D Dropout
            Flatten GaussianDropout GaussianNoise GlobalMaxPooling1D GlobalMaxPooling2D
            GlobalMaxPooling3D Identity Masking MaxNumBoundingBoxes MaxPooling2D MaxPooling3D
            Multiply Permute RMSNormalization RandomBrightness RandomGrayscale ReLU ReLU:max_value
            ReLU:threshold ReLU:threshold:max_value RepeatVector Reshape Resizing
            Resizing:interpolation=bicubic Resizing:interpolation=nearest SpatialDropout1D
            SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract UpSampling1D
            UpSampling2D UpSampling2D:interpolation=bicubic UpSampling2D:interpolation=bilinear
            UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D ops.absolute ops.amax ops.amin
            ops.array ops.array_split ops.average_pool ops.bitwise_invert ops.bitwise_not
            ops.broadcast_to ops.clip ops.conjugate ops.conv ops.convert_to_tensor ops.copy
            ops.depth_to_space ops.depthwise_conv ops.diag ops.diagflat ops.diagonal ops.diff
            ops.dsplit ops.empty_like ops.expand_dims ops.extract_sequences ops.flip ops.fliplr
            ops.flipud ops.full_like ops.get_item ops.hard_tanh ops.hsplit
            ops.image.affine_transform ops.image.crop_images ops.image.extract_patches
            ops.image.map_coordinates ops.image.pad_images ops.image.resize
            ops.image.resize:interpolation=bicubic ops.image.resize:interpolation=nearest
            ops.image.rgb_to_grayscale ops.image.sobel_edges ops.image.ssim ops.layer_normalization
            ops.max ops.max_pool ops.min ops.moveaxis ops.nan_to_num ops.negative ops.ones_like
            ops.ptp ops.ravel ops.real ops.relu ops.relu6 ops.repeat ops.reshape
            ops.rms_normalization ops.roll ops.rot90 ops.round ops.separable_conv ops.sign ops.sort
            ops.space_to_depth ops.split ops.square ops.squeeze ops.stop_gradient ops.swapaxes
            ops.threshold ops.tile ops.top_k ops.trace ops.transpose ops.tril ops.triu ops.trunc
            ops.unique ops.unstack ops.vsplit ops.zeros_like
        """,
        "uint32 int64 int64": """
            AveragePooling1D AveragePooling2D AveragePooling3D ops.add ops.append ops.bitwise_and
            ops.bitwise_left_shift ops.bitwise_or ops.bitwise_right_shift ops.bitwise_xor
            ops.concatenate ops.dstack ops.fmod ops.gcd ops.hstack ops.kron ops.lcm ops.left_shift
            ops.mod ops.multiply ops.nanmax ops.nanmin ops.nansum ops.outer ops.power
            ops.right_shift ops.stack ops.subtract ops.sum ops.vstack ops.where
        """,
    },
}
#: For each backend the dtypes that a tensor of an operation may have, by its place.
OPERANDS: dict[str, dict[str, str]] = {
    "jax": {
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            ops.bitwise_and:0 ops.bitwise_and:1 ops.bitwise_left_shift:0 ops.bitwise_left_shift:1
            ops.bitwise_or:0 ops.bitwise_or:1 ops.bitwise_right_shift:0 ops.bitwise_right_shift:1
            ops.bitwise_xor:0 ops.bitwise_xor:1 ops.gcd:0 ops.gcd:1 ops.lcm:0 ops.lcm:1
            ops.left_shift:0 ops.left_shift:1 ops.right_shift:0 ops.right_shift:1
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.ctc_decode:0 ops.ldexp:0 ops.quantile:0 ops.sparse_categorical_crossentropy:1
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.image.perspective_transform:0 ops.image.ssim:0
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.binary_crossentropy:1 ops.image.affine_transform:1
        """,
        "float32 float64": """
            ops.fft2:0 ops.fft2:1 ops.fft:0 ops.fft:1 ops.ifft2:0 ops.ifft2:1 ops.irfft:0
            ops.irfft:1 ops.istft:0 ops.istft:1
        """,
        "float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.quantile:1
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            ops.in_top_k:0 ops.ldexp:1 ops.scatter:0 ops.scatter_update:1 ops.segment_max:1
            ops.segment_min:1 ops.segment_prod:1 ops.segment_sum:1 ops.slice:1 ops.slice_update:1
            ops.take_along_axis:1
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64": """
            ops.image.map_coordinates:1
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.batch_normalization:1 ops.scatter:1 ops.segment_prod:0 ops.segment_sum:0
        """,
    },
    "tensorflow": {
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.digitize:0
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.ctc_decode:0 ops.ctc_loss:1 ops.greater:0 ops.greater:1 ops.image.ssim:0 ops.isin:0
            ops.isin:1 ops.ldexp:0 ops.nanpercentile:0 ops.nanquantile:0 ops.percentile:0
            ops.quantile:0
        """,
        "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.allclose:0 ops.allclose:1 ops.equal:0 ops.equal:1 ops.image.map_coordinates:0
            ops.isclose:0 ops.isclose:1 ops.not_equal:0 ops.not_equal:1 ops.scatter:1
            ops.scatter_update:0
        """,
        "float16 bfloat16 float32 float64": """
            ops.image.map_coordinates:1 ops.sparse_categorical_crossentropy:1
        """,
        "float32": """
            ops.in_top_k:1
        """,
        "int16 int32 int64": """
            ops.segment_sum:1
        """,
        "int32 int64": """
            ops.in_top_k:0 ops.scatter:0 ops.scatter_update:1 ops.segment_max:1 ops.segment_min:1
            ops.segment_prod:1 ops.slice:1 ops.slice_update:1
        """,
        "int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.geomspace:0 ops.geomspace:1
        """,
        "uint8 int32 int64 float16 bfloat16 float32 float64": """
            ops.image.affine_transform:0
        """,
        "uint8 int8 int32 int64": """
            ops.ctc_loss:2
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64": """
            HashedCrossing:0 HashedCrossing:1 ops.lcm:0 ops.lcm:1 ops.ldexp:1
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.segment_max:0 ops.segment_min:0
        """,
        "uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.segment_prod:0 ops.segment_sum:0
        """,
    },
    "torch": {
        "bool uint8 uint16 uint32 int8 int16 int32 int64": """
            ops.scatter:0
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.categorical_crossentropy:1 ops.ctc_decode:0 ops.ctc_loss:1 ops.image.ssim:0
            ops.quantile:0 ops.sparse_categorical_crossentropy:1
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.categorical_crossentropy:0 ops.image.affine_transform:0 ops.image.map_coordinates:0
            ops.scatter:1 ops.take_along_axis:0
        """,
        "bool uint8 uint16 uint32 int8 int16 int32 int64 float8_e4m3fn float8_e5m2 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.ctc_decode:1 ops.ctc_loss:0 ops.equal:0 ops.equal:1 ops.image.ssim:1 ops.in_top_k:0
            ops.not_equal:0 ops.not_equal:1 ops.quantile:1 ops.solve_triangular:1
            ops.sparse_categorical_crossentropy:0 ops.take_along_axis:1
        """,
        "float32 float64 complex64 complex128": """
            ops.solve_triangular:0
        """,
        "uint8 uint16 uint32 int8 int16 int32 int64": """
            ops.ctc_loss:2 ops.ctc_loss:3
        """,
        "uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64": """
            ops.image.affine_transform:1 ops.image.map_coordinates:1 ops.in_top_k:1
        """,
        "uint8 uint16 uint32 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128": """
            ops.cdist:0 ops.cdist:1
        """,
    },
}
#: For each backend the tensors of operations that have the dtype of another one, by their places.
ALIKE: dict[str, str] = {
    "jax": """
        ops.depthwise_conv:1=0 ops.separable_conv:1=0 ops.slice_update:2=0
    """,
    "tensorflow": """
        ops.batch_normalization:1=0 ops.batch_normalization:2=0 ops.binary_crossentropy:1=0
        ops.categorical_crossentropy:1=0 ops.cdist:1=0 ops.conv:1=0 ops.depthwise_conv:1=0
        ops.lstsq:1=0 ops.polar:1=0 ops.psnr:1=0 ops.scatter_update:2=0 ops.searchsorted:1=0
        ops.separable_conv:1=0 ops.separable_conv:2=0 ops.slice_update:2=0 ops.solve:1=0
        ops.solve_triangular:1=0
    """,
    "torch": """
        ops.binary_crossentropy:1=0 ops.conv:1=0 ops.depthwise_conv:1=0 ops.lstsq:1=0
        ops.separable_conv:1=0 ops.separable_conv:2=0 ops.slice_update:2=0 ops.solve:1=0
    """,
}
#: For each backend the tensors of operations that it does not join with another one where one of
#: both has floats of 8 bits, and the other one other floats.
ALIKE_FLOAT8: dict[str, str] = {
    "jax": """
        ops.allclose:1=0 ops.batch_normalization:1=0 ops.binary_crossentropy:1=0 ops.digitize:1=0
        ops.equal:1=0 ops.greater:1=0 ops.greater_equal:1=0 ops.image.affine_transform:1=0
        ops.image.map_coordinates:1=0 ops.isclose:1=0 ops.isin:1=0 ops.less:1=0 ops.less_equal:1=0
        ops.logical_and:1=0 ops.logical_or:1=0 ops.logical_xor:1=0 ops.not_equal:1=0
        ops.scatter_update:2=0 ops.searchsorted:1=0 ops.solve_triangular:1=0
    """,
    "torch": """
        ops.equal:1=0 ops.not_equal:1=0
    """,
}
